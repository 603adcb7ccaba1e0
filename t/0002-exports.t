#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The plugin shows Slurm its hooks and nothing else, and brings little along.
. "$(dirname "$0")/lib.sh"
need nm readelf
plugin=$B/spank_scratch.so
[ -e "$plugin" ] || bail "$plugin is not built"

is "$(nm -D --defined-only "$plugin" | awk '{print $3}' | sort | xargs)" \
	"plugin_name plugin_type plugin_version slurm_spank_init slurm_spank_job_epilog slurm_spank_job_prolog slurm_spank_task_exit slurm_spank_task_init_privileged spank_plugin_version" \
	'exports: the SPANK symbols it means to, and nothing else'

needed=$(readelf -d "$plugin" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^lib(asan|ubsan)\.')
is "$(sort <<<"$needed" | xargs)" 'libc.so.6 libinih.so.1' 'links: libc and libinih'

like "$(readelf -d "$plugin")" 'BIND_NOW|FLAGS_1.*NOW' 'binds at load time'
like "$(readelf -lW "$plugin")" 'GNU_RELRO' 'has read-only relocations'

# (_exit ends a process that Slurm forked for one hook: see plugin.c; unshare gives a
# task its private /tmp)
forbidden='exit|_Exit|quick_exit|abort|__assert_fail|chdir|fchdir|umask|signal|sigaction|sigprocmask|setenv|unsetenv|putenv|clearenv|setuid|seteuid|setgid|setegid|setresuid|setresgid|setgroups|initgroups|setns|chroot|fork|vfork|system|popen|execve?|execvp?|pthread_create|getpwnam|getpwuid|getgrnam|getgrgid'
is "$(nm -D --undefined-only "$plugin" | awk '{print $2}' | sed 's/@.*//' | grep -xE "$forbidden")" '' \
	'calls nothing that would end, move or change its host'

like "$(nm -D --undefined-only "$plugin")" ' spank_option_register' 'registers its option (no static table)'
done_testing
