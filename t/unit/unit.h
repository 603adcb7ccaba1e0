/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit.h - the main() that every unit test shares: one suite, a list of tests */
#ifndef PI_UNIT_H
#define PI_UNIT_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#define PI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Tests that touch disks may be slow on a busy card; check's default is 4 s. */
enum { PI_UNIT_TIMEOUT = 60 };

#define PI_UNIT_MAIN(name, ...)                                            \
	int main(void)                                                     \
	{                                                                  \
		const TTest *const tests[] = { __VA_ARGS__ };              \
		Suite *suite = suite_create(name);                         \
		TCase *tcase = tcase_create(name);                         \
		SRunner *runner = srunner_create(suite);                   \
		int failed;                                                \
                                                                           \
		tcase_set_timeout(tcase, PI_UNIT_TIMEOUT);                 \
		for (size_t i = 0; i < PI_COUNT(tests); i++)               \
			tcase_add_test(tcase, tests[i]);                   \
		suite_add_tcase(suite, tcase);                             \
		srunner_run_all(runner, CK_ENV);                           \
		failed = srunner_ntests_failed(runner);                    \
		srunner_free(runner);                                      \
		return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;          \
	}

#endif
