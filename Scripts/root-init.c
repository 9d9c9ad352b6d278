// The init of the test root: a static program that runs as PID 1, prints one line, and powers off.
// It starts faster than a shell script, so the time of its line is the time of the boot.
//
// The line is written to /dev/console, for people and for Scripts/boot-qemu, and to the kernel's log, which adds
// the time:
//   mkinitrd-demo: the root's init runs as PID 1 on ext4 root /dev/vda; arguments: /sbin/init

#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

static void put(const char *path, const char *text, size_t length) {
  int file = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (file < 0) return;
  for (size_t done = 0; done < length;) {
    ssize_t n = write(file, text + done, length - done);
    if (n <= 0) break;
    done += (size_t)n;
  }
  close(file);
}

int main(int argc, char **argv) {
  char type[64] = "?", device[256] = "?";

  // A correct initramfs has moved /proc here. The last mount on / is the current one.
  FILE *mounts = setmntent("/proc/self/mounts", "r");
  if (mounts) {
    struct mntent *mount;
    while ((mount = getmntent(mounts))) {
      if (strcmp(mount->mnt_dir, "/") != 0) continue;
      snprintf(type, sizeof type, "%s", mount->mnt_type);
      snprintf(device, sizeof device, "%s", mount->mnt_fsname);
    }
    endmntent(mounts);
  }

  // Records of the kernel's log must be shorter than 1,024 bytes.
  char line[900];
  size_t length = (size_t)snprintf(
      line, sizeof line - 2, "<6>mkinitrd-demo: the root's init runs as PID %d on %s root %s; arguments:",
      (int)getpid(), type, device);
  for (int i = 0; i < argc && length < sizeof line - 2; i++) {
    int n = snprintf(line + length, sizeof line - 1 - length, " %s", argv[i]);
    length += (size_t)n;
  }
  if (length > sizeof line - 2) length = sizeof line - 2;
  line[length++] = '\n';

  put("/dev/kmsg", line, length);
  put("/dev/console", line + 3, length - 3);

  if (getpid() != 1) return 1;
  sync();
  reboot(RB_POWER_OFF);
  return 1;
}
