#include "udp_process.h"

#include <dirent.h>
#include <sched.h>
#include <unistd.h>

static int64_t task_ns(int pid, const char *task) {
    char path[300];
    unsigned long long ns = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", pid, task);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    if (fscanf(file, "%llu", &ns) != 1) ns = 0;
    fclose(file);
    return (int64_t)ns;
}

ProcessUse process_use(int pid) {
    ProcessUse use = {0};
    char path[64];
    unsigned long long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *folder = opendir(path);
    if (!folder) return use;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        if (entry->d_name[0] != '.') use.cpu_ns += task_ns(pid, entry->d_name);
    closedir(folder);
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "re");
    if (!file) return use;
    if (fscanf(file, "%*u %llu", &pages) == 1)
        use.rss_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    fclose(file);
    return use;
}

CoreUse core_use(unsigned core) {
    CoreUse use = {0};
    FILE *file = fopen("/proc/stat", "re");
    char line[512], name[16];
    snprintf(name, sizeof name, "cpu%u ", core);
    while (file && fgets(line, sizeof line, file)) {
        unsigned long long times[8] = {0};
        if (strncmp(line, name, strlen(name)) != 0) continue;
        sscanf(line + strlen(name), "%llu %llu %llu %llu %llu %llu %llu %llu", &times[0], &times[1],
               &times[2], &times[3], &times[4], &times[5], &times[6], &times[7]);
        for (unsigned i = 0; i < 8; i++) use.all += times[i];
        use.stolen = times[7];
        use.busy = use.all - times[3] - times[4];
    }
    if (file) fclose(file);
    return use;
}

bool core_pin(unsigned core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}
