/* commands.h — the functions behind the table in commands.c. One .c a noun. */
#pragma once
#include "command/command.h"

Error command_serve(Call *call);
Error command_reload(Call *call); /* in a running server only */
Error command_settings(Call *call);
Error command_routes(Call *call);
Error command_doctor(Call *call);
Error command_version(Call *call);
Error command_manual(Call *call);

Error command_user_add(Call *call);
Error command_user_list(Call *call);
Error command_user_role(Call *call);
Error command_user_password(Call *call);

Error command_torrent_create(Call *call);
Error command_torrent_show(Call *call);
bool command_torrent_show_needs_store(
    const Call *call); /* for an info-hash; a file needs nothing */
Error command_torrent_add(Call *call);
Error command_torrent_remove(Call *call);

Error command_import(Call *call);
Error command_export(Call *call);
Error command_sample(Call *call);
Error command_search_rebuild(Call *call);
Error command_search_check(Call *call);
