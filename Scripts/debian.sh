# Functions about Debian for the scripts in this directory, which source this file.
#
#   use_suite SUITE DIR [COMPONENT]
#                           After this, `apt` uses the package lists of SUITE (`sid`), which may differ from the
#                           machine's suite, for COMPONENT (default: main). Its configuration, lists and cache are in
#                           DIR, a new directory. The machine's sources, lists and packages do not change.
#                           The packages are for the architecture in suite_arch: amd64, unless it was set before.
#   apt get|cache ARGUMENT...
#                           Runs apt-get or apt-cache for this suite, or for the machine's suite without use_suite.
#   download DIR PACKAGE... Downloads the packages as DIR/*.deb. Root is not needed.
#   kernel_file DIR RELEASE vmlinuz|config
#                           Prints the path of a kernel's file in the root DIR: boot/vmlinuz-RELEASE, or since Debian 14
#                           lib/modules/RELEASE/vmlinuz. Returns 1 if it does not exist.
#   can_mount               Whether in_root works: as root, in a user namespace, or by sudo without a password.
#                           With needs_root=yes a user namespace, which has only one user, is not enough.
#   in_root ROOT KERNEL FOLDER COMMAND...
#                           Runs the command in the root ROOT of Scripts/get-tools, in a separate mount namespace: with
#                           the modules of the root KERNEL in /usr/lib/modules, its configuration in /boot, and FOLDER as
#                           /mnt. After the command the user owns FOLDER again.
# shellcheck shell=sh

suite_dir=
suite_arch=amd64
needs_root=

apt() {
  apt_tool=apt-$1
  shift
  if [ -n "$suite_dir" ]; then
    set -- -o "Dir::Etc::SourceList=$suite_dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
      -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null -o "Dir::State=$suite_dir/state" \
      -o "Dir::State::status=$suite_dir/status" -o "Dir::Cache=$suite_dir/cache" -o "APT::Architectures=$suite_arch" \
      -o "APT::Architecture=$suite_arch" -o APT::Default-Release= "$@"
  fi
  # As root, apt would download as the user _apt, who can't write to these directories.
  [ "$(id -u)" != 0 ] || set -- -o APT::Sandbox::User=root "$@"
  "$apt_tool" -q "$@"
}

# Prints the URL of the machine's Debian mirror.
mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -E '/debian/?$' | head -n 1 |
    grep . || echo http://deb.debian.org/debian
}

use_suite() {
  suite_dir=$(mkdir -p -- "$2" && cd -- "$2" && pwd -P) || return
  mkdir -p "$suite_dir/state/lists/partial" "$suite_dir/cache/archives/partial" || return
  # No package counts as installed.
  : >"$suite_dir/status"
  keys=
  for file in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
    [ ! -e "$file" ] || keys="[signed-by=$file] "
  done
  echo "deb $keys$(mirror) $1 ${3:-main}" >"$suite_dir/sources.list"
  apt get update >&2
}

download() {
  (
    cd -- "$1" || exit
    shift
    apt get download "$@" >&2
  )
}

kernel_file() {
  for kernel_file in "$1/boot/$3-$2" "$1/lib/modules/$2/$3"; do
    if [ -f "$kernel_file" ]; then
      printf '%s\n' "$kernel_file"
      return
    fi
  done
  return 1
}

# Prints the prefix for a command that mounts. Returns 1 if this user can't mount.
mounting() {
  if [ "$(id -u)" = 0 ]; then
    unshare --mount true 2>/dev/null && echo unshare --mount
  elif [ -z "$needs_root" ] && unshare --map-root-user --mount true 2>/dev/null; then
    echo unshare --map-root-user --mount
  elif sudo -n unshare --mount true 2>/dev/null; then
    echo sudo -n unshare --mount
  else
    return 1
  fi
}

can_mount() { mounting >/dev/null; }

in_root() {
  # The network configuration, for builders that install packages.
  for file in resolv.conf hosts; do
    [ ! -e "/etc/$file" ] || cp -L -- "/etc/$file" "$1/etc/$file" 2>/dev/null || :
  done
  status=0
  # shellcheck disable=SC2016,SC2046 # a script for another shell; words to be split
  $(mounting) sh -c '
    set -e
    root=$1 kernel=$2 folder=$3
    shift 3
    mount --bind "$root" "$root"
    cd -- "$root"
    for name in proc sys dev; do mount --rbind "/$name" "$name"; done
    for name in run tmp boot; do mount -t tmpfs "$name" "$name"; done
    mkdir -p usr/lib/modules usr/lib/firmware mnt
    mount --bind "$kernel/lib/modules" usr/lib/modules
    for config in usr/lib/modules/*/config; do
      release=${config%/config}
      ln -s "/$config" "boot/config-${release##*/}"
    done
    mount --bind "$folder" mnt
    exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8 "$@"' - "$@" || status=$?
  case $(mounting) in sudo*) sudo -n chown -R "$(id -u):$(id -g)" "$3" ;; esac
  return "$status"
}
