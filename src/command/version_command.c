#include <jansson.h>

#include "command/commands.h"
#include "version.h"

Error command_version(Call *call) {
    if (!call->json) {
        call_print(call, "essaim %s\n", ESSAIM_VERSION);
        return OK;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "version", json_string(ESSAIM_VERSION));
    call_print_json(call, answer);
    return OK;
}
