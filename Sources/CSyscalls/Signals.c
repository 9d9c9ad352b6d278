#define _GNU_SOURCE
#include "CSyscalls.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { handled_count = sizeof handled / sizeof handled[0], places = 8 };

// A place is free, being filled, or filled with a file.
enum { place_free, place_reserved, place_filled };
static struct {
  atomic_int state;
  char *path;
  int descriptor;
} table[places];

static atomic_int is_handling, put_off, waiting, line_is_shown;

// Removes the files, and ends the process by the default action of the signal, so that a shell sees the signal.
static void end_by(int number) {
  for (int i = 0; i < places; i++) {
    struct stat open_file, named;
    // The path may now name a file of another process.
    if (atomic_load(&table[i].state) == place_filled && fstat(table[i].descriptor, &open_file) == 0 &&
        lstat(table[i].path, &named) == 0 && open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino)
      unlink(table[i].path);
  }
  if (atomic_load(&line_is_shown)) {
    ssize_t written = write(STDERR_FILENO, "\r\033[K", 4);
    (void)written;
  }
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigaction(number, &action, 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  raise(number);
  pthread_sigmask(SIG_UNBLOCK, &set, 0);
}

static void handle(int number) {
  int none = 0, saved = errno;
  if (atomic_load(&put_off) > 0 && atomic_compare_exchange_strong(&waiting, &none, number)) {
    errno = saved;
    return;
  }
  end_by(number);
}

void csyscalls_clean_up_on_signals(void) {
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, old;
  for (int i = 0; i < handled_count; i++) sigaddset(&action.sa_mask, handled[i]);
  atomic_store(&is_handling, 1);
  for (int i = 0; i < handled_count; i++)
    // Signals that nohup or a shell lets the process ignore stay ignored.
    if (sigaction(handled[i], 0, &old) == 0 && old.sa_handler != SIG_IGN) sigaction(handled[i], &action, 0);
}

int csyscalls_remove_on_signal(const char *path, int descriptor) {
  for (int i = 0; atomic_load(&is_handling) && i < places; i++) {
    int expected = place_free;
    if (!atomic_compare_exchange_strong(&table[i].state, &expected, place_reserved)) continue;
    table[i].path = strdup(path);
    table[i].descriptor = descriptor;
    atomic_store(&table[i].state, table[i].path ? place_filled : place_free);
    return table[i].path ? i : -1;
  }
  return -1;
}

void csyscalls_keep_on_signal(int place) {
  if (place < 0 || place >= places) return;
  atomic_store(&table[place].state, place_reserved);
  free(table[place].path);
  table[place].path = 0;
  atomic_store(&table[place].state, place_free);
}

void csyscalls_put_off_signals(int change) {
  if (atomic_fetch_add(&put_off, change) + change > 0) return;
  int number = atomic_exchange(&waiting, 0);
  if (number) end_by(number);
}

int csyscalls_signal_waits(void) { return atomic_load(&waiting) != 0; }

void csyscalls_clear_line_on_signal(int is_shown) { atomic_store(&line_is_shown, is_shown); }
