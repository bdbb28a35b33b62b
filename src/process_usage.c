#include "process_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { STATUS_BYTES_MAX = 8192 };

static Str read_status(char *room) {
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0) return (Str){0};
    ssize_t len = read(file, room, STATUS_BYTES_MAX);
    close(file);
    return len > 0 ? (Str){room, (size_t)len} : (Str){0};
}

/* "VmRSS:	   12345 kB" */
static uint64_t status_number(Str status, Str name) {
    uint64_t number = 0;
    while (status.len) {
        Str value = str_cut(&status, '\n');
        if (!str_equal(str_cut(&value, ':'), name)) continue;
        value = str_trim(value);
        if (!str_to_u64(str_cut(&value, ' '), &number)) return 0;
        return str_equal(value, STR("kB")) ? number * 1024 : number;
    }
    return 0;
}

static uint64_t count_fds(void) {
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return 0;
    while (readdir(folder)) count++;
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* . and .. and the folder itself */
}

ProcessUsage process_usage_read(void) {
    static const double ns_of_second = 1e9;
    char room[STATUS_BYTES_MAX];
    Str status = read_status(room);
    struct timespec cpu = {0};
    struct rlimit files = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    getrlimit(RLIMIT_NOFILE, &files);
    return (ProcessUsage){.cpu_s = (double)cpu.tv_sec + (double)cpu.tv_nsec / ns_of_second,
                          .resident_bytes = status_number(status, STR("VmRSS")),
                          .virtual_bytes = status_number(status, STR("VmSize")),
                          .open_fds = count_fds(),
                          .fds_max = files.rlim_cur,
                          .threads = status_number(status, STR("Threads"))};
}
