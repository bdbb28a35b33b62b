#include "tracker/connection_id.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"

enum { EPOCH_BITS = 4 };
static const uint64_t EPOCH_MASK = (1 << EPOCH_BITS) - 1;

static uint64_t make_in_epoch(const ConnectionKey *key, IpAddress ip, uint64_t epoch) {
    uint8_t bytes[8 + sizeof ip.bytes];
    ByteWriter writer = byte_writer(bytes, sizeof bytes);
    byte_write_u64(&writer, epoch);
    byte_write_bytes(&writer, ip.bytes, sizeof ip.bytes);
    uint64_t mac = siphash(str_from_bytes(bytes, sizeof bytes), key->bytes);
    return (mac & ~EPOCH_MASK) | (epoch & EPOCH_MASK);
}

uint64_t connection_id_make(const ConnectionKey *key, IpAddress ip, Seconds now) {
    return make_in_epoch(key, ip, (uint64_t)(now / CONNECTION_EPOCH_S));
}

bool connection_id_check(const ConnectionKey *key, uint64_t id, IpAddress ip, Seconds now) {
    uint64_t epoch = (uint64_t)(now / CONNECTION_EPOCH_S);
    uint64_t age = (epoch - id) & EPOCH_MASK;
    if (age > 1) return false;
    uint64_t right = make_in_epoch(key, ip, epoch - age);
    return digest_equal(&right, &id, sizeof id);
}

static Error file_error(const char *path) {
    return error(BROKEN, "tracker_file", "The file {} cannot be used: {}.", str_from_c(path),
                 str_from_c(strerrordesc_np(errno)));
}

static bool read_key(int file, ConnectionKey *ret_key) {
    uint8_t bytes[sizeof ret_key->bytes + 1];
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return false;
    if (read(file, bytes, sizeof bytes) != (ssize_t)sizeof ret_key->bytes) return false;
    /* A key that others could read is no secret any more. */
    if (status.st_mode & 077) return false;
    memcpy(ret_key->bytes, bytes, sizeof ret_key->bytes);
    return true;
}

Error connection_key_open(const char *path, ConnectionKey *ret_key) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file >= 0) {
        bool is_key = read_key(file, ret_key);
        close(file);
        if (is_key) return OK;
        log_event(LOG_WARNING, "tracker key replaced", {"path", str_from_c(path)});
    } else if (errno != ENOENT) {
        return file_error(path);
    }
    ConnectionKey key;
    random_bytes(key.bytes, sizeof key.bytes);
    TRY(file_write(str_from_c(path), str_from_bytes(key.bytes, sizeof key.bytes), 0600));
    *ret_key = key;
    return OK;
}
