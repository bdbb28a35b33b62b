/* forms.h — the declared forms of forms.def, by name: form_upload, form_list, … */
#pragma once
#include "http/form.h"

#define FORM(name, multipart) extern const FormKind form_##name;
#define FIELD(...)
#define END
#include "forms.def"
#undef FORM
#undef FIELD
#undef END
