#include "forms.h"

#include "base/limits.h"

/* Half a declaration each: the rows of forms.def stand between them. */
/* clang-format off */
#define FORM(name, multipart) static const FormField fields_of_##name[] = {
#define FIELD(name, kind, min, max, choices, label) {#name, FIELD_##kind, min, max, choices, label},
#define END {0}};
/* clang-format on */
#include "forms.def"
#undef FORM
#undef FIELD
#undef END

#define FORM(name, multipart) const FormKind form_##name = {#name, fields_of_##name, multipart};
#define FIELD(...)
#define END
#include "forms.def"
#undef FORM
#undef FIELD
#undef END
