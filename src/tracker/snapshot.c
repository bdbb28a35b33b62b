#include "tracker/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

static const Str MAGIC = {"essaim swarms 2\n", 16};

static Error file_error(const char *path, int cause) {
    return error(BROKEN, "tracker_file", "The file {} cannot be used: {}.", str_from_c(path),
                 str_from_c(strerrordesc_np(cause)));
}

static bool write_all(int file, Str bytes) {
    while (bytes.len > 0) {
        ssize_t done = write(file, bytes.at, bytes.len);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        bytes = str_skip(bytes, (size_t)done);
    }
    return true;
}

static bool write_digested(int file, Sha *sha, Str bytes) {
    if (bytes.len == 0) return true;
    sha_add(sha, bytes);
    return write_all(file, bytes);
}

static bool write_snapshot(int file, Swarms *swarms, TwoClocks now) {
    uint8_t head[SNAPSHOT_HEAD_BYTES], digest[SHA256_BYTES];
    ByteWriter writer = byte_writer(head, sizeof head);
    byte_write_bytes(&writer, MAGIC.at, MAGIC.len);
    byte_write_u64(&writer, (uint64_t)now.unix_s);
    Sha *sha = sha256_create();
    Arena arena = arena_create(2 * SWARM_PIECE_BYTES);
    uint8_t *piece = arena_new(&arena, uint8_t, SWARM_PIECE_BYTES);
    bool written = write_digested(file, sha, str_from_bytes(head, sizeof head));
    SwarmCursor cursor = {0};
    size_t len;
    while (written && (len = swarms_write_piece(swarms, &cursor, now.steady_s, piece)) > 0)
        written = write_digested(file, sha, str_from_bytes(piece, len));
    arena_free(&arena);
    sha_finish(sha, digest);
    return written && write_all(file, str_from_bytes(digest, sizeof digest)) && fsync(file) == 0;
}

/* The rename itself must survive a power loss too. */
static bool sync_folder(const char *path) {
    Arena arena = arena_create(2 * KIB + 2 * strlen(path));
    Str folder = str_from_c(path);
    while (folder.len > 0 && folder.at[folder.len - 1] != '/') folder.len--;
    const char *name = folder.len ? str_c(&arena, folder) : ".";
    int descriptor = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = descriptor >= 0 && fsync(descriptor) == 0;
    if (descriptor >= 0) close(descriptor);
    arena_free(&arena);
    return synced;
}

Error snapshot_save(Swarms *swarms, const char *path, TwoClocks now) {
    Arena arena = arena_create(KIB + strlen(path));
    const char *beside = arena_print(&arena, "%s.new", path).at;
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool saved = file >= 0 && write_snapshot(file, swarms, now);
    int cause = errno;
    if (file >= 0 && close(file) != 0) saved = false;
    if (saved && (rename(beside, path) != 0 || !sync_folder(path))) {
        cause = errno;
        saved = false;
    }
    arena_free(&arena);
    return saved ? OK : file_error(path, cause);
}

bool snapshot_parse(Swarms *swarms, Str bytes, TwoClocks now, bool allow_private_addresses) {
    ByteReader reader = byte_reader(bytes.at, bytes.len);
    const uint8_t *magic = byte_read_bytes(&reader, MAGIC.len);
    Seconds saved_at = (Seconds)byte_read_u64(&reader);
    if (reader.failed || memcmp(magic, MAGIC.at, MAGIC.len) != 0 || saved_at < 0) return false;
    SwarmReading reading = {
        .now = now.steady_s,
        .stopped_s = now.unix_s > saved_at ? now.unix_s - saved_at : 0,
        .allow_private_addresses = allow_private_addresses,
    };
    return swarms_read_bytes(swarms, str_skip(bytes, SNAPSHOT_HEAD_BYTES), &reading);
}

static bool digest_is_right(Str bytes, Str digest) {
    uint8_t right[SHA256_BYTES];
    sha256(bytes, right);
    return digest.len == sizeof right && memcmp(digest.at, right, sizeof right) == 0;
}

Error snapshot_load(Swarms *swarms, const char *path, TwoClocks now, bool allow_private_addresses) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && errno == ENOENT)
        return error(NOT_FOUND, "no_snapshot", "There is no saved swarm.");
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) {
        Error e = file_error(path, errno);
        if (file >= 0) close(file);
        return e;
    }
    size_t len = S_ISREG(status.st_mode) ? (size_t)status.st_size : 0;
    void *map = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
    close(file);
    bool whole = false;
    if (map != MAP_FAILED) {
        Str all = str_from_bytes(map, len);
        Str body = str_part(all, 0, len > SHA256_BYTES ? len - SHA256_BYTES : 0);
        whole = digest_is_right(body, str_skip(all, body.len)) &&
                snapshot_parse(swarms, body, now, allow_private_addresses);
        munmap(map, len);
    }
    if (whole) return OK;
    return error(BAD_INPUT, "snapshot_damaged",
                 "The saved swarms in {} are damaged and were not read.", str_from_c(path));
}
