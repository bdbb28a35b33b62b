#include "base/key_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"

static Error file_error(const char *path) {
    return error(BROKEN, "key_file", "The file {} cannot be used: {}.", str_from_c(path),
                 str_from_c(strerrordesc_np(errno)));
}

static bool read_key(int file, void *ret_key, size_t len) {
    uint8_t bytes[KEY_FILE_BYTES_MAX + 1];
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return false;
    if (read(file, bytes, len + 1) != (ssize_t)len) return false;
    /* A key that others could read is no secret any more. */
    if (status.st_mode & 077) return false;
    memcpy(ret_key, bytes, len);
    return true;
}

Error key_file_open(const char *path, void *ret_key, size_t len) {
    assert(len <= KEY_FILE_BYTES_MAX);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file >= 0) {
        bool is_key = read_key(file, ret_key, len);
        close(file);
        if (is_key) return OK;
        log_event(LOG_WARNING, "key replaced", {"path", str_from_c(path)});
    } else if (errno != ENOENT) {
        return file_error(path);
    }
    uint8_t key[KEY_FILE_BYTES_MAX];
    random_bytes(key, len);
    TRY(file_write(str_from_c(path), str_from_bytes(key, len), 0600));
    memcpy(ret_key, key, len);
    return OK;
}
