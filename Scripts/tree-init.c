// An init for the tests that shows how the kernel has unpacked an initramfs. As /init of an image that
// Scripts/boot-uml or Scripts/boot-qemu boots, it prints the tree that the kernel has built, and powers off.
//
// Between the lines `tree-begin` and `tree-end` there is one line for each entry, sorted by the bytes of the path,
// with these fields, separated by one blank:
//
//   path      without a leading slash; `.` for the root itself
//   type      d f l c b p s (f: a regular file)
//   mode      permission bits, four or more octal digits
//   uid gid
//   size      of files and symlinks; 0 for others, whose size depends on the file system
//   nlink     for directories: 2 + the number of directories in them
//   rdev      major:minor; 0:0 for all types except c and b
//   mtime     seconds, as set by the kernel: the image's time only if the kernel keeps times
//             (INITRAMFS_PRESERVE_MTIME); the time of the boot for a root that has no entry in the image
//   target    of a symlink; - for others
//   hash      FNV-1a, 64 bits, of the content, 16 hexadecimal digits; - for all but regular files
//
// In path and target, a backslash and bytes outside of ! to ~ are \xHH. A field that could not be read is
// !NAME-OF-CALL:ERRNO.
//
// This init mounts and creates nothing, so it prints the whole tree. Three entries exist in every tree, because the
// kernel contains a small initramfs (usr/default_cpio_list), which it unpacks first. An image that also has these
// entries changes their mode, owner and time:
//
//   dev d 0755      dev/console c 0600 5:1      root d 0700
//
// It also prints itself: init. If it is not PID 1, it prints the tree of the directory in its argument.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

// All output is collected before the first byte is written, because a missing console would change the tree.
static char *out;
static size_t out_length, out_room;

static void *checked(void *memory) {
  if (memory) return memory;
  static const char message[] = "tree-init: out of memory\n";
  if (write(1, message, sizeof message - 1) < 0) _exit(2);
  _exit(1);
}

static void add(const char *bytes, size_t length) {
  if (out_length + length > out_room) {
    out_room = (out_length + length) * 2;
    out = checked(realloc(out, out_room));
  }
  memcpy(out + out_length, bytes, length);
  out_length += length;
}

__attribute__((format(printf, 1, 2))) static void add_format(const char *format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  add(text, (size_t)length);
}

static void add_escaped(const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    if (byte <= ' ' || byte > '~' || byte == '\\')
      add_format("\\x%02x", byte);
    else
      add(bytes + i, 1);
  }
}

static char **paths;
static size_t path_count, path_room;

static void add_path(char *path) {
  if (path_count == path_room) {
    path_room = path_room ? path_room * 2 : 1024;
    paths = checked(realloc(paths, path_room * sizeof *paths));
  }
  paths[path_count++] = path;
}

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

// Appends the names in a directory to the paths. The paths are also a queue: see main.
static void read_folder(const char *folder) {
  DIR *stream = opendir(folder);
  if (!stream) {
    add("!opendir ", 9);
    add_escaped(folder, strlen(folder));
    add("\n", 1);
    return;
  }
  size_t prefix = strcmp(folder, ".") == 0 ? 0 : strlen(folder) + 1;
  struct dirent *entry;
  while ((entry = readdir(stream))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    size_t length = strlen(entry->d_name);
    char *path = checked(malloc(prefix + length + 1));
    if (prefix) {
      memcpy(path, folder, prefix - 1);
      path[prefix - 1] = '/';
    }
    memcpy(path + prefix, entry->d_name, length + 1);
    add_path(path);
  }
  closedir(stream);
}

static void add_hash(const char *path) {
  static unsigned char buffer[1 << 16];
  int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) {
    add_format("!open:%d", errno);
    return;
  }
  uint64_t hash = 0xcbf29ce484222325;
  ssize_t length;
  while ((length = read(file, buffer, sizeof buffer)) > 0)
    for (ssize_t i = 0; i < length; i++) hash = (hash ^ buffer[i]) * 0x100000001b3;
  if (length < 0)
    add_format("!read:%d", errno);
  else
    add_format("%016" PRIx64, hash);
  close(file);
}

static char letter(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return 'd';
    case S_IFREG: return 'f';
    case S_IFLNK: return 'l';
    case S_IFCHR: return 'c';
    case S_IFBLK: return 'b';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    default: return '?';
  }
}

static void add_entry(const char *path) {
  struct stat st;
  add_escaped(path, strlen(path));
  if (lstat(path, &st) != 0) {
    add_format(" !lstat:%d\n", errno);
    return;
  }
  int has_size = S_ISREG(st.st_mode) || S_ISLNK(st.st_mode);
  add_format(
      " %c %04o %u %u %lld %lu %u:%u %lld ", letter(st.st_mode), (unsigned)(st.st_mode & 07777), st.st_uid,
      st.st_gid, has_size ? (long long)st.st_size : 0, (unsigned long)st.st_nlink, major(st.st_rdev),
      minor(st.st_rdev), (long long)st.st_mtime);
  if (S_ISLNK(st.st_mode)) {
    static char target[1 << 16];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0)
      add_format("!readlink:%d", errno);
    else
      add_escaped(target, (size_t)length);
  } else {
    add("-", 1);
  }
  add(" ", 1);
  if (S_ISREG(st.st_mode))
    add_hash(path);
  else
    add("-", 1);
  add("\n", 1);
}

static void print(void) {
  // The kernel opens /dev/console for us, unless the image has replaced it by something else.
  if (fcntl(1, F_GETFD) < 0) {
    mknod("/.tree-console", S_IFCHR | 0600, makedev(5, 1));
    int console = open("/.tree-console", O_RDWR | O_NOCTTY);
    if (console >= 0 && console != 1) dup2(console, 1);
  }
  struct termios terminal;
  if (tcgetattr(1, &terminal) == 0) {
    terminal.c_oflag &= ~(tcflag_t)OPOST;
    tcsetattr(1, TCSANOW, &terminal);
  }
  for (size_t done = 0; done < out_length;) {
    ssize_t n = write(1, out + done, out_length - done);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) break;
    done += (size_t)n;
  }
  tcdrain(1);
}

int main(int argc, char **argv) {
  // The kernel passes unknown words of its command line to PID 1. They are ignored.
  const char *root = getpid() != 1 && argc > 1 ? argv[1] : "/";
  if (chdir(root) != 0) {
    perror(root);
    return 1;
  }
  add("tree-begin\n", 11);
  add_path(checked(strdup(".")));
  for (size_t i = 0; i < path_count; i++) {
    struct stat st;
    if (lstat(paths[i], &st) == 0 && S_ISDIR(st.st_mode)) read_folder(paths[i]);
  }
  qsort(paths, path_count, sizeof *paths, by_bytes);
  for (size_t i = 0; i < path_count; i++) add_entry(paths[i]);
  add("tree-end\n", 9);
  print();
  if (getpid() == 1) reboot(RB_POWER_OFF);
  return 0;
}
