/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.c - what was found and done, for people and for programs */
#include "agent/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/mark.h"
#include "agent/smallfile.h"
#include "lib/auto.h"
#include "lib/record.h"
#include "lib/size.h"

static const char *const ext4_states[] = {
	[PI_EXT4_NONE] = "none",
	[PI_EXT4_DAMAGED] = "damaged",
	[PI_EXT4_VALID] = "valid",
};

static unsigned kept(unsigned count, unsigned limit)
{
	return count < limit ? count : limit;
}

static void print_card(FILE *stream, const struct pi_card *card)
{
	(void) fprintf(stream, "size:       %llu bytes\n",
		       (unsigned long long) card->size);
	if (card->cid[0])
		(void) fprintf(stream, "cid:        %s\n", card->cid);
	if (card->model[0])
		(void) fprintf(stream, "model:      %s\n", card->model);
	if (card->id_path[0])
		(void) fprintf(stream, "id-path:    %s\n", card->id_path);
	if (card->diskseq)
		(void) fprintf(stream, "diskseq:    %llu\n",
			       (unsigned long long) card->diskseq);
	if (card->is_device)
		(void) fprintf(stream, "read-only:  %s\n",
			       card->read_only ? "yes" : "no");
}

static void print_ext4(FILE *stream, const struct pi_ext4 *ext4)
{
	if (ext4->state == PI_EXT4_NONE)
		return;
	(void) fprintf(stream, "  ext4 superblock: %s, label '%s', uuid %s, "
		       "%llu bytes%s%s%s, errors counted: %u\n",
		       ext4_states[ext4->state], ext4->label, ext4->uuid,
		       (unsigned long long) ext4->bytes,
		       ext4->has_journal ? ", journal" : "",
		       ext4->has_quota ? ", quota" : "",
		       ext4->needs_check ? ", marked as having errors" : "",
		       ext4->error_count);
}

static void print_table(FILE *stream, const struct pi_findings *f)
{
	if (!f->table[0])
		return;
	(void) fprintf(stream, "table:      %s%s%s, %u partition%s\n", f->table,
		       f->table_is_backup ? ", only the backup is valid" : "",
		       f->table_is_unprotected ? ", no protective MBR" : "",
		       f->partitions, f->partitions == 1 ? "" : "s");
	for (unsigned i = 0; i < kept(f->partitions, PI_PARTITIONS); i++) {
		const struct pi_partition *p = &f->partition[i];

		(void) fprintf(stream, "partition %d: start %llu, size %llu, "
			       "type %s%s%s%s\n", p->number,
			       (unsigned long long) p->start,
			       (unsigned long long) p->size, p->type,
			       p->name[0] ? ", name '" : "", p->name,
			       p->name[0] ? "'" : "");
		print_ext4(stream, &p->ext4);
	}
}

static void print_signatures(FILE *stream, const struct pi_findings *f)
{
	for (unsigned i = 0; i < kept(f->signatures, PI_SIGNATURES); i++) {
		const struct pi_signature *s = &f->signature[i];

		(void) fprintf(stream, "signature:  %s at byte %llu%s%s%s%s\n",
			       s->type, (unsigned long long) s->offset,
			       s->label[0] ? ", label '" : "", s->label,
			       s->label[0] ? "'" : "",
			       s->bad_checksum ? ", wrong checksum" : "");
	}
	if (f->signatures > PI_SIGNATURES)
		(void) fprintf(stream, "signature:  and %u more\n",
			       f->signatures - PI_SIGNATURES);
}

void pi_report_print(FILE *stream, const struct pi_findings *f,
		     enum pi_verdict verdict, const char *why)
{
	(void) fprintf(stream, "verdict:    %s\nbecause:    %s\n",
		       pi_verdict_name(verdict), why);
	if (f->absent)
		return;
	(void) fprintf(stream, "card:       %s\n", f->card.path);
	print_card(stream, &f->card);
	if (f->is_held)
		(void) fprintf(stream, "in use:     %s\n", f->holder);
	print_table(stream, f);
	print_signatures(stream, f);
	if (f->mark == PI_MARK_MAKING)
		(void) fprintf(stream, "mark:       unfinished, at byte %d%s%s\n",
			       PI_MARK_OFFSET, f->mark_order[0] ?
			       ", begun by order " : "", f->mark_order);
	if (f->adopted)
		(void) fprintf(stream, "mark:       adopted, at byte %d\n",
			       PI_ADOPTED_OFFSET);
	if (f->constant_known && f->constant)
		(void) fprintf(stream, "samples:    all constant\n");
	else if (f->constant_known)
		(void) fprintf(stream, "samples:    data at byte %llu\n",
			       (unsigned long long) f->data_at);
	if (f->content[0])
		(void) fprintf(stream, "identity:   %s\ncontent:    %s\n",
			       f->identity, f->content);
}

/* Labels come from the card and need not be UTF-8. */
static json_t *make_text(const char *text)
{
	json_t *value = json_string(text);
	char ascii[PI_WHY];
	size_t i;

	if (value)
		return value;
	for (i = 0; i < sizeof(ascii) - 1 && text[i]; i++)
		ascii[i] = text[i];
	ascii[i] = '\0';
	for (i = 0; ascii[i]; i++)
		if (ascii[i] < ' ' || ascii[i] > '~')
			ascii[i] = '?';
	return json_string(ascii);
}

/* "" is null: the fact is not known. */
static json_t *make_fact(const char *text)
{
	return text[0] ? make_text(text) : json_null();
}

static json_t *make_card(const struct pi_card *card)
{
	return json_pack("{s:o, s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:b}",
			 "path", make_text(card->path),
			 "device", card->is_device,
			 "size", (json_int_t) card->size,
			 "diskseq", (json_int_t) card->diskseq,
			 "cid", make_fact(card->cid),
			 "model", make_fact(card->model),
			 "type", make_fact(card->type),
			 "id_path", make_fact(card->id_path),
			 "read_only", card->read_only);
}

static json_t *make_ext4(const struct pi_ext4 *ext4)
{
	if (ext4->state == PI_EXT4_NONE)
		return json_null();
	return json_pack("{s:s, s:o, s:s, s:I, s:b, s:b, s:b, s:I}",
			 "superblock", ext4_states[ext4->state],
			 "label", make_text(ext4->label), "uuid", ext4->uuid,
			 "size", (json_int_t) ext4->bytes,
			 "journal", ext4->has_journal,
			 "quota", ext4->has_quota,
			 "marked_bad", ext4->needs_check,
			 "errors", (json_int_t) ext4->error_count);
}

static json_t *make_partitions(const struct pi_findings *f)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < kept(f->partitions, PI_PARTITIONS); i++) {
		const struct pi_partition *p = &f->partition[i];

		(void) json_array_append_new(list, json_pack(
			"{s:i, s:I, s:I, s:o, s:o, s:o, s:o}",
			"number", p->number, "start", (json_int_t) p->start,
			"size", (json_int_t) p->size,
			"type", make_text(p->type), "name", make_fact(p->name),
			"uuid", make_fact(p->uuid),
			"ext4", make_ext4(&p->ext4)));
	}
	return list;
}

static json_t *make_signatures(const struct pi_findings *f)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < kept(f->signatures, PI_SIGNATURES); i++) {
		const struct pi_signature *s = &f->signature[i];

		(void) json_array_append_new(list, json_pack(
			"{s:o, s:I, s:o, s:i, s:b, s:b}",
			"type", make_text(s->type),
			"offset", (json_int_t) s->offset,
			"label", make_fact(s->label),
			"partition", s->partition,
			"table", s->is_table,
			"bad_checksum", s->bad_checksum));
	}
	return list;
}

static json_t *make_samples(const struct pi_findings *f)
{
	if (!f->constant_known)
		return json_null();
	return f->constant ? json_string("constant") : json_string("data");
}

json_t *pi_report_make(const struct pi_findings *f, enum pi_verdict verdict,
		       const char *why)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:b, "
			 "s:b, s:o, s:o, s:o}",
			 "verdict", pi_verdict_name(verdict),
			 "because", make_text(why),
			 "card", f->absent ? json_null() : make_card(&f->card),
			 "in_use", make_fact(f->holder),
			 "table", make_fact(f->table),
			 "table_is_backup", f->table_is_backup,
			 "table_is_unprotected", f->table_is_unprotected,
			 "partitions", make_partitions(f),
			 "signatures", make_signatures(f),
			 "unfinished", f->mark == PI_MARK_MAKING,
			 "adopted", f->adopted,
			 "samples", make_samples(f),
			 "identity", make_fact(f->identity),
			 "content", make_fact(f->content));
}

static json_t *make_actions(const struct pi_plan *plan, unsigned done)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < plan->count; i++)
		(void) json_array_append_new(list, json_pack(
			"{s:o, s:o, s:b}",
			"action", make_text(plan->action[i].what),
			"because", make_text(plan->action[i].why),
			"done", i < done));
	return list;
}

int pi_report_write(const struct pi_findings *f, enum pi_verdict verdict,
		    const char *why, const struct pi_plan *plan, unsigned done,
		    const char *failure, struct pi_err *err)
{
	json_t *report = pi_report_make(f, verdict, why);
	pi_auto_free char *text = NULL;
	size_t length;

	if (report) {
		(void) json_object_set_new(report, "actions",
					   make_actions(plan, done));
		(void) json_object_set_new(report, "refused", plan->refused ?
					   make_text(plan->reason) : json_null());
		(void) json_object_set_new(report, "permitted_by",
					   make_fact(plan->permit));
		(void) json_object_set_new(report, "failure", failure ?
					   make_text(failure) : json_null());
		text = json_dumps(report, JSON_INDENT(2));
	}
	json_decref(report);
	if (!text)
		return pi_err_set(err, ENOMEM, "report: %m");
	length = strlen(text);
	text[length++] = '\n';	/* where its NUL was, which no file needs */
	if (mkdir(PI_RUN_DIR, 0755) < 0 && errno != EEXIST)
		return pi_err_set(err, errno, "mkdir " PI_RUN_DIR ": %m");
	pi_auto_fd dfd = open(PI_RUN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Under systemd's UMask= it was made for root alone; anybody may look. */
	if (dfd < 0 || fchmod(dfd, 0755) < 0)
		return pi_err_set(err, errno, PI_RUN_DIR ": %m");
	return pi_smallfile_replace_at(dfd, "report.json", 0644, text, length,
				       err);
}

void pi_report_name_card(char name[PI_CARD_WORD])
{
	json_t *report = json_load_file(PI_RUN_DIR "/report.json", 0, NULL);
	json_t *card = json_object_get(report, "card");
	const char *cid = json_string_value(json_object_get(card, "cid"));
	const char *path = json_string_value(json_object_get(card, "path"));

	/* The serial number is bytes 9 to 12 of the CID, as on the card's back. */
	if (cid && strlen(cid) == 2 * 16)
		(void) snprintf(name, PI_CARD_WORD, "card %.8s", cid + 2 * 9);
	else
		(void) snprintf(name, PI_CARD_WORD, "%s", path ? path : "card");
	json_decref(report);
}
