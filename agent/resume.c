/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resume.c - return this node to service after a reboot */
#include "agent/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "agent/resume_ask.h"
#include "agent/smallfile.h"
#include "lib/auto.h"
#include "lib/log.h"
#include "lib/record.h"

/* What check --drain last found in this boot. */
#define FITNESS_FILE PI_RUN_DIR "/fitness"

enum {
	FIRST_PAUSE_MS = 500,
	LONGEST_PAUSE_MS = 15000,
	RESUMES = 3,		/* how often we try before we give up */
	DRAIN_WAIT_MS = 20000,	/* slurmd kills HealthCheckProgram after 60 s */
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Half to one and a half times the pause: a hundred nodes must not march. */
static void rest(int64_t pause, int64_t deadline)
{
	int64_t left = deadline - now_ms();
	uint32_t dice = 0;

	(void) !getrandom(&dice, sizeof(dice), GRND_NONBLOCK);
	pause = pause / 2 + (int64_t) dice % pause;
	if (pause > left)
		pause = left;
	if (pause > 0)
		(void) poll(NULL, 0, (int) pause);
}

/* What an answer means: 1 go on, 0 done, or a negative errno. */
static int conclude(const struct pi_answer *answer, unsigned *resumes,
		    struct pi_err *err)
{
	if (answer->rc < 0 && answer->rc != -EAGAIN)
		return pi_err_set(err, -answer->rc, "%s", answer->err.text);
	if (answer->rc < 0)
		return 1;
	if (answer->done) {
		pi_info("%s: resumed: %s", answer->name, answer->why);
		++*resumes;
		return *resumes < RESUMES ? 1 :
		       pi_err_set(err, EIO, "%s goes down again after each "
				  "resume; see slurmctld's log", answer->name);
	}
	switch (answer->decision) {
	case PI_NOTHING_TO_DO:
		pi_info("%s: %s", answer->name, *resumes > 0 ?
			"back in service" : "nothing to do, it is in service");
		return 0;
	case PI_LEAVE:
		pi_info("%s: left alone: %s", answer->name, answer->why);
		return 0;
	case PI_REPORT:
		return pi_err_set(err, EIO, "%s: %s", answer->name,
				  answer->why);
	default:
		return 1;
	}
}

static int give_up(const struct pi_conf *conf, const struct pi_answer *last,
		   struct pi_err *err)
{
	char problem[PI_ERR_SIZE];

	(void) snprintf(problem, sizeof(problem), "%s", last->rc < 0 ||
			!last->name[0] ? last->err.text : last->why);
	return pi_err_set(err, ETIMEDOUT, "%s%snot resumed within %llu ms "
			  "(ResumeWait): %s", last->name,
			  last->name[0] ? ": " : "",
			  (unsigned long long) conf->resume_wait_ms, problem);
}

int pi_resume(const struct pi_conf *conf, struct pi_err *err)
{
	int64_t deadline = now_ms() + (int64_t) conf->resume_wait_ms;
	struct pi_answer last = { .rc = -EAGAIN }, answer;
	int64_t pause = FIRST_PAUSE_MS;
	unsigned resumes = 0;
	int rc;

	do {
		rc = pi_resume_ask(conf, PI_ASK_RESUME, "",
				   deadline - now_ms(), &answer,
				   last.name[0] ? err : &last.err);
		if (rc < 0 && rc != -ETIMEDOUT && rc != -ECHILD)
			return rc;
		if (rc == 0) {
			last = answer;
			rc = conclude(&answer, &resumes, err);
			if (rc <= 0)
				return rc;
			if (answer.done)
				pause = FIRST_PAUSE_MS;
		}
		rest(pause, deadline);
		pause = pause * 3 / 2 < LONGEST_PAUSE_MS ? pause * 3 / 2
							 : LONGEST_PAUSE_MS;
	} while (now_ms() < deadline);
	return give_up(conf, &last, err);
}

/* A fit node that was fit before is no news: slurmctld need not be asked. */
static bool is_news(bool is_fit)
{
	char last[8];

	return !is_fit || pi_smallfile_read_at(AT_FDCWD, FITNESS_FILE, last,
					       sizeof(last)) < 0 ||
	       strcmp(last, "fit") != 0;
}

static void note_fitness(bool is_fit)
{
	const char *text = is_fit ? "fit\n" : "unfit\n";
	struct pi_err err;
	pi_auto_fd dfd = open(PI_RUN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dfd >= 0 && pi_smallfile_replace_at(dfd, "fitness", 0644, text,
						strlen(text), &err) < 0)
		pi_warn("%s, ignoring", err.text);
}

int pi_resume_drain(const struct pi_conf *conf, const char *fault,
		    struct pi_err *err)
{
	struct pi_answer answer;
	int rc;

	if (!is_news(!fault))
		return 0;
	rc = pi_resume_ask(conf, fault ? PI_ASK_UNFIT : PI_ASK_FIT,
			   fault ? fault : "", DRAIN_WAIT_MS, &answer, err);
	if (rc < 0)
		return rc;
	if (answer.rc < 0)
		return pi_err_set(err, -answer.rc, "%s", answer.err.text);
	if (answer.done)
		pi_info("%s: %s: %s", answer.name, fault ? "drained" : "resumed",
			answer.why);
	note_fitness(!fault);
	return 0;
}
