/* SPDX-License-Identifier: GPL-2.0-or-later */
/* filesystem.c - ext4 through the programs that make, check and change it */
#include "agent/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#include "agent/ext4.h"
#include "agent/findings.h"
#include "agent/tool.h"
#include "lib/auto.h"
#include "lib/log.h"

enum { FS_BLOCK = 4096 };

#define FEATURES "none,ext_attr,resize_inode,dir_index,filetype," \
	"extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink," \
	"extra_isize,metadata_csum"
#define EXTENDED "nodiscard,lazy_itable_init=1,lazy_journal_init=1," \
	"root_owner=0:0"

static int run_tool(const char *device, const char *const argv[], int highest,
		    uint64_t timeout_ms, struct pi_err *err)
{
	char output[PI_TOOL_OUTPUT];
	int rc = pi_tool_run(argv, timeout_ms, 1, output, err);

	if (rc < 0)
		return rc;
	if (rc > highest)
		return pi_err_set(err, EIO, "%s %s gave %d: %s", argv[0],
				  device, rc, pi_tool_last_line(output));
	return rc;
}

static int make_uuid(char uuid[PI_EXT4_UUID])
{
	unsigned char bytes[16];
	char *p = uuid;

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes))
		return -EIO;
	bytes[6] = (bytes[6] & 0x0F) | 0x40;
	bytes[8] = (bytes[8] & 0x3F) | 0x80;
	for (int i = 0; i < 16; i++)
		p += sprintf(p, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ?
			     "-" : "", bytes[i]);
	return 0;
}

static int run_mkfs(const char *device, const struct pi_filesystem *wanted,
		    const char *uuid, uint64_t timeout_ms, struct pi_err *err)
{
	char blocks[24], features[sizeof(FEATURES) + 64];
	const char *const argv[] = {
		"mkfs.ext4", "-q", "-F", "-b", "4096", "-I", "256",
		"-i", "16384", "-m", "0", "-e", "remount-ro",
		"-L", PI_EXT4_OUR_LABEL, "-U", uuid, "-O", features, "-E",
		wanted->quota ? EXTENDED ",quotatype=usrquota:prjquota"
			      : EXTENDED,
		device, blocks, NULL,
	};

	(void) snprintf(features, sizeof(features), FEATURES "%s%s",
			wanted->journal ? ",has_journal" : "",
			wanted->quota ? ",quota,project" : "");
	(void) snprintf(blocks, sizeof(blocks), "%llu",
			(unsigned long long) wanted->bytes / FS_BLOCK);
	return run_tool(device, argv, 0, timeout_ms, err);
}

static int check_made(const char *device, uint64_t bytes, const char *uuid,
		      struct pi_err *err)
{
	struct pi_ext4 ext4 = { .state = PI_EXT4_NONE };
	int rc;
	pi_auto_fd fd = open(device, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return pi_err_set(err, errno, "%s: %m", device);
	/* Past the cache: a dying card accepts writes and drops them. */
	(void) ioctl(fd, BLKFLSBUF, 0);
	rc = pi_ext4_read(fd, 0, bytes, &ext4);
	if (rc < 0)
		return pi_err_set(err, -rc, "%s: read: %m", device);
	if (ext4.state != PI_EXT4_VALID || strcmp(ext4.uuid, uuid) != 0)
		return pi_err_set(err, EIO, "%s: the card does not keep what "
				  "is written to it", device);
	return 0;
}

int pi_filesystem_make(const char *device, const struct pi_filesystem *wanted,
		       uint64_t timeout_ms, struct pi_err *err)
{
	char uuid[PI_EXT4_UUID];
	int rc = make_uuid(uuid);

	if (rc < 0)
		return pi_err_set(err, -rc, "no random numbers: %m");
	rc = run_mkfs(device, wanted, uuid, timeout_ms, err);
	return rc < 0 ? rc : check_made(device, wanted->bytes, uuid, err);
}

int pi_filesystem_check(const char *device, enum pi_filesystem_check how,
			uint64_t timeout_ms, struct pi_err *err)
{
	const char *const quick[] = { "e2fsck", "-p", device, NULL };
	const char *const all[] = { "e2fsck", "-p", "-f", device, NULL };
	const char *const rescue[] = { "e2fsck", "-y", "-f", device, NULL };
	const char *const *const ways[] = {
		[PI_CHECK_QUICK] = quick,
		[PI_CHECK_ALL] = all,
		[PI_CHECK_RESCUE] = rescue,
	};
	int rc = run_tool(device, ways[how], 1, timeout_ms, err);

	if (rc == 1)
		pi_info("e2fsck repaired %s", device);
	return rc < 0 ? rc : 0;
}

int pi_filesystem_change(const char *device, enum pi_filesystem_change change,
			 uint64_t timeout_ms, struct pi_err *err)
{
	const char *const quota_on[] = {
		"tune2fs", "-O", "project,quota", "-Q", "usrquota,prjquota",
		device, NULL,
	};
	const char *const quota_off[] = {
		"tune2fs", "-O", "^quota,^project", device, NULL,
	};
	const char *const journal_on[] = {
		"tune2fs", "-O", "has_journal", device, NULL,
	};
	const char *const label[] = {
		"tune2fs", "-L", PI_EXT4_OUR_LABEL, "-e", "remount-ro",
		device, NULL,
	};
	const char *const *const changes[] = {
		[PI_CHANGE_QUOTA_ON] = quota_on,
		[PI_CHANGE_QUOTA_OFF] = quota_off,
		[PI_CHANGE_JOURNAL_ON] = journal_on,
		[PI_CHANGE_LABEL] = label,
	};

	return run_tool(device, changes[change], 0, timeout_ms, err);
}
