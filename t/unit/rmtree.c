/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rmtree.c - lib/rmtree: a hostile tree goes, and nothing beside it */
#include "t/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/rmtree.h"

static char top[PATH_MAX];	/* stands for the trash */
static int top_fd;
static struct pi_err err;

static void make_top(void)
{
	const char *tmp = getenv("TMPDIR");

	(void) snprintf(top, sizeof(top), "%s/pi-rmtree.XXXXXX",
			tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(top));
	top_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(top_fd, 0);
}

static void remove_top(void)
{
	(void) close(top_fd);
	ck_assert_msg(rmdir(top) == 0, "%s is not empty", top);
}

static void make_file(int dfd, const char *name)
{
	pi_auto_fd fd = openat(dfd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
}

/* A directory called `name` below `dfd`, opened. */
static int make_directory(int dfd, const char *name)
{
	int fd;

	ck_assert_int_eq(mkdirat(dfd, name, 0700), 0);
	fd = openat(dfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void make_chain(int dfd, unsigned depth)
{
	int fd = make_directory(dfd, "chain");

	for (unsigned i = 1; i < depth; i++) {
		int next = make_directory(fd, "d");

		make_file(next, "f");
		(void) close(fd);
		fd = next;
	}
	(void) close(fd);
}

START_TEST(rmtree_removes_files_links_and_directories)
{
	make_top();
	make_file(top_fd, "outside");

	pi_auto_fd tree = make_directory(top_fd, "tree");
	pi_auto_fd sub = make_directory(tree, "sub");

	(void) close(make_directory(sub, "empty"));
	make_file(sub, "file");
	ck_assert_int_eq(symlinkat("../outside", tree, "link"), 0);
	ck_assert_int_eq(symlinkat("..", sub, "up"), 0);
	ck_assert_int_eq(mkfifoat(sub, "fifo", 0600), 0);
	ck_assert_int_eq(fchmodat(tree, "sub", 0, 0), 0);

	/* Only root may empty a directory that it cannot read. */
	if (geteuid() != 0)
		ck_assert_int_eq(fchmod(sub, 0700), 0);
	ck_assert_msg(pi_rmtree_at(top_fd, "tree", 0, &err) == 0, "%s", err.text);
	ck_assert_int_lt(faccessat(top_fd, "tree", F_OK, 0), 0);
	ck_assert_int_eq(unlinkat(top_fd, "outside", 0), 0);
	remove_top();
}
END_TEST

START_TEST(rmtree_removes_a_link_as_top_and_not_its_target)
{
	make_top();

	pi_auto_fd target = make_directory(top_fd, "target");

	make_file(target, "kept");
	ck_assert_int_eq(symlinkat("target", top_fd, "tree"), 0);
	ck_assert_int_eq(pi_rmtree_at(top_fd, "tree", 0, &err), 0);
	ck_assert_int_eq(unlinkat(target, "kept", 0), 0);
	ck_assert_int_eq(unlinkat(top_fd, "target", AT_REMOVEDIR), 0);
	remove_top();
}
END_TEST

START_TEST(rmtree_of_a_missing_name_is_success)
{
	make_top();
	ck_assert_int_eq(pi_rmtree_at(top_fd, "tree", 0, &err), 0);
	remove_top();
}
END_TEST

START_TEST(rmtree_refuses_what_is_not_one_component)
{
	static const char *const names[] = { "", ".", "..", "a/b", "/", "../x" };

	make_top();
	for (size_t i = 0; i < PI_COUNT(names); i++)
		ck_assert_int_eq(pi_rmtree_at(top_fd, names[i], 0, &err),
				 -EINVAL);
	remove_top();
}
END_TEST

START_TEST(rmtree_needs_few_descriptors_at_any_depth)
{
	struct rlimit limit = { .rlim_cur = 32, .rlim_max = 32 };

	make_top();
	make_chain(top_fd, 3000);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_msg(pi_rmtree_at(top_fd, "chain", 0, &err) == 0, "%s",
		      err.text);
	remove_top();
}
END_TEST

START_TEST(rmtree_takes_names_of_every_byte)
{
	char name[NAME_MAX + 1];

	make_top();

	pi_auto_fd tree = make_directory(top_fd, "tree");

	for (int byte = 1; byte < 256; byte++) {
		if (byte == '/')
			continue;
		(void) snprintf(name, sizeof(name), "x%c", byte);
		make_file(tree, name);
	}
	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	pi_auto_fd longest = make_directory(tree, name);
	make_file(longest, "f");
	ck_assert_int_eq(pi_rmtree_at(top_fd, "tree", 0, &err), 0);
	remove_top();
}
END_TEST

START_TEST(rmtree_removes_more_than_one_batch)
{
	char name[32];

	make_top();

	pi_auto_fd tree = make_directory(top_fd, "tree");

	for (int i = 0; i < 20000; i++) {
		(void) snprintf(name, sizeof(name), "file-%d", i);
		make_file(tree, name);
	}
	ck_assert_int_eq(pi_rmtree_at(top_fd, "tree", 0, &err), 0);
	remove_top();
}
END_TEST

START_TEST(rmtree_stops_at_its_deadline_and_can_go_on)
{
	make_top();
	make_chain(top_fd, 100);
	ck_assert_int_eq(pi_rmtree_at(top_fd, "chain", 1, &err), -ETIME);
	ck_assert_int_eq(faccessat(top_fd, "chain", F_OK, 0), 0);
	ck_assert_int_eq(pi_rmtree_at(top_fd, "chain", 0, &err), 0);
	remove_top();
}
END_TEST

struct swapper {
	int tree, outside;
	atomic_bool done;
};

/* Keep swapping a directory with a link to one outside. */
static void *swap_directory_and_link(void *arg)
{
	struct swapper *swapper = arg;

	while (!atomic_load(&swapper->done))
		(void) renameat2(swapper->tree, "dir", swapper->tree, "link",
				 RENAME_EXCHANGE);
	return NULL;
}

START_TEST(rmtree_does_not_follow_what_is_swapped_under_it)
{
	enum { ROUNDS = 2000 };
	char outside_path[PATH_MAX + 16];
	pthread_t thread;

	make_top();
	(void) snprintf(outside_path, sizeof(outside_path), "%s/outside", top);

	pi_auto_fd outside = make_directory(top_fd, "outside");

	make_file(outside, "kept");
	for (int round = 0; round < ROUNDS; round++) {
		struct swapper swapper = { 0 };
		pi_auto_fd tree = make_directory(top_fd, "tree");
		pi_auto_fd dir = make_directory(tree, "dir");

		make_file(dir, "f");
		ck_assert_int_eq(symlinkat(outside_path, tree, "link"), 0);
		swapper.tree = tree;
		ck_assert_int_eq(pthread_create(&thread, NULL,
						swap_directory_and_link,
						&swapper), 0);
		(void) pi_rmtree_at(top_fd, "tree", 0, &err);
		atomic_store(&swapper.done, true);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
		ck_assert_int_eq(pi_rmtree_at(top_fd, "tree", 0, &err), 0);
		ck_assert_int_eq(faccessat(outside, "kept", F_OK, 0), 0);
	}
	ck_assert_int_eq(unlinkat(outside, "kept", 0), 0);
	ck_assert_int_eq(unlinkat(top_fd, "outside", AT_REMOVEDIR), 0);
	remove_top();
}
END_TEST

START_TEST(rmtree_gives_up_on_a_directory_that_is_being_filled)
{
	pid_t writer;
	int rc;

	make_top();

	pi_auto_fd tree = make_directory(top_fd, "tree");
	pi_auto_fd sub = make_directory(tree, "sub");

	writer = fork();
	if (writer == 0) {
		for (unsigned long i = 0; ; i++) {
			char name[32];

			(void) snprintf(name, sizeof(name), "%lu", i);
			(void) close(openat(sub, name, O_CREAT | O_WRONLY, 0600));
		}
	}
	rc = pi_rmtree_at(top_fd, "tree", 0, &err);
	ck_assert_int_eq(kill(writer, SIGKILL), 0);
	(void) waitpid(writer, NULL, 0);
	ck_assert_msg(rc == 0 || rc == -ENOTEMPTY, "%d: %s", rc, err.text);
	ck_assert_int_eq(pi_rmtree_at(top_fd, "tree", 0, &err), 0);
	remove_top();
}
END_TEST

PI_UNIT_MAIN("rmtree", rmtree_removes_files_links_and_directories,
	     rmtree_removes_a_link_as_top_and_not_its_target,
	     rmtree_of_a_missing_name_is_success,
	     rmtree_refuses_what_is_not_one_component,
	     rmtree_needs_few_descriptors_at_any_depth,
	     rmtree_takes_names_of_every_byte,
	     rmtree_removes_more_than_one_batch,
	     rmtree_stops_at_its_deadline_and_can_go_on,
	     rmtree_does_not_follow_what_is_swapped_under_it,
	     rmtree_gives_up_on_a_directory_that_is_being_filled)
