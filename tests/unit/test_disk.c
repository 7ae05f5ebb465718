/* Files: what the kernel has, what is durable, power loss, faults. */
#include "tests/unit/tiny_nodes.h"

static struct tiny_world tw;

static void setup(void) {
    tiny_setup(&tw, 1);
}
static void teardown(void) {
    tiny_teardown(&tw);
}

#define A (&tw.node[0])

static const char *contents(const char *name) {
    return world_disk_read(tw.world, 0, name).at;
}
static size_t length(const char *name) {
    return world_disk_read(tw.world, 0, name).len;
}

static struct file *create(const char *name, const char *text) {
    int error = 0;
    struct file *f = host_file_open(A->host, name, FILE_CREATE, &error);
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(host_file_write(A->host, f, text, strlen(text)), (int64_t)strlen(text));
    return f;
}

static void write_durable(const char *name, const char *text) {
    struct file *f = create(name, text);
    ck_assert_int_eq(host_file_sync(A->host, f), 0);
    host_file_close(A->host, f);
    ck_assert_int_eq(host_sync_dir(A->host), 0);
}

static void power_cycle(void) {
    ck_assert(world_power(tw.world, 0));
    ck_assert(world_start(tw.world, 0));
}

START_TEST(write_read_append) {
    host_file_close(A->host, create("f", "hello "));
    struct file *f = host_file_open(A->host, "f", FILE_APPEND, NULL);
    ck_assert_int_eq(host_file_write(A->host, f, "world", 5), 5);
    host_file_close(A->host, f);
    f = host_file_open(A->host, "f", FILE_READ, NULL);
    char text[32] = {0};
    ck_assert_int_eq(host_file_size(A->host, f), 11);
    ck_assert_int_eq(host_file_read(A->host, f, 6, text, sizeof(text)), 5);
    ck_assert_str_eq(text, "world");
    ck_assert_int_eq(host_file_read(A->host, f, 11, text, 1), 0);
    ck_assert_int_eq(host_file_read(A->host, f, UINT64_MAX, text, 1), 0);
    host_file_close(A->host, f);
    host_file_close(A->host, create("f", "new"));
    ck_assert_str_eq(contents("f"), "new");
    int error = 0;
    ck_assert_ptr_null(host_file_open(A->host, "missing", FILE_READ, &error));
    ck_assert_int_eq(error, HOST_ENOENT);
    ck_assert_ptr_null(contents("missing"));
}
END_TEST

START_TEST(open_files_survive_rename_and_remove) {
    host_file_close(A->host, create("new", "new"));
    host_file_close(A->host, create("old", "old"));
    struct file *f = host_file_open(A->host, "old", FILE_READ, NULL);
    ck_assert_int_eq(host_rename(A->host, "new", "old"), 0);
    ck_assert_str_eq(contents("old"), "new");
    ck_assert_ptr_null(contents("new"));
    ck_assert_int_eq(host_remove(A->host, "old"), 0);
    ck_assert_int_eq(host_remove(A->host, "old"), HOST_ENOENT);
    ck_assert_int_eq(host_rename(A->host, "old", "x"), HOST_ENOENT);
    char text[8] = {0};
    ck_assert_int_eq(host_file_read(A->host, f, 0, text, 8), 3);
    ck_assert_str_eq(text, "old");
    host_file_close(A->host, f);
}
END_TEST

START_TEST(crash_keeps_what_the_kernel_has) {
    create("f", "not synced"); /* left open: the kernel closes it */
    world_crash(tw.world, 0);
    ck_assert_str_eq(contents("f"), "not synced");
    world_start(tw.world, 0);
    ck_assert_str_eq(contents("f"), "not synced");
}
END_TEST

START_TEST(power_loss_keeps_what_was_synced) {
    write_durable("f", "durable");
    power_cycle();
    ck_assert_str_eq(contents("f"), "durable");
}
END_TEST

/* Over many seeds everything that may happen does, and nothing else. */
START_TEST(power_loss_tears_what_was_not) {
    static char block[64 * 512];
    memset(block, 'x', sizeof(block));
    unsigned none = 0, all = 0, torn = 0, holes = 0;
    for (uint64_t seed = 100; seed < 300; seed++) {
        tiny_teardown(&tw);
        tiny_setup(&tw, seed);
        write_durable("f", "durable head");
        struct file *f = host_file_open(A->host, "f", FILE_APPEND, NULL);
        ck_assert_int_eq(host_file_write(A->host, f, block, sizeof(block)), sizeof(block));
        power_cycle();
        size_t len = length("f"), zeros = 0;
        ck_assert_uint_ge(len, 12);
        ck_assert_uint_le(len, 12 + sizeof(block));
        ck_assert_mem_eq(contents("f"), "durable head", 12);
        size_t strange = 0;
        for (size_t at = 12; at < len; at++) {
            char c = contents("f")[at];
            zeros += c == 0;
            strange += c != 'x' && c != 0;
        }
        ck_assert_uint_eq(strange, 0);
        ck_assert_uint_eq(zeros % 512, 0);
        holes += zeros > 0;
        if (len == 12)
            none++;
        else if (len == 12 + sizeof(block) && zeros == 0)
            all++;
        else
            torn++;
        ck_assert(len == 12 || len == 12 + sizeof(block) || len % 512 == 0);
    }
    ck_assert_uint_gt(none, 30);
    ck_assert_uint_gt(all, 30);
    ck_assert_uint_gt(torn, 30);
    ck_assert_uint_gt(holes, 20);
}
END_TEST

/* rename over a durable file without a sync of the directory: before or after, never neither. */
START_TEST(rename_is_durable_after_the_directory_only) {
    unsigned old = 0, new = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        tiny_teardown(&tw);
        tiny_setup(&tw, seed);
        write_durable("dump", "old");
        struct file *f = create("temp", "new");
        ck_assert_int_eq(host_file_sync(A->host, f), 0);
        host_file_close(A->host, f);
        ck_assert_int_eq(host_rename(A->host, "temp", "dump"), 0);
        bool synced = seed % 2 == 0;
        if (synced) ck_assert_int_eq(host_sync_dir(A->host), 0);
        power_cycle();
        bool is_new = strcmp(contents("dump"), "new") == 0;
        if (!is_new) ck_assert_str_eq(contents("dump"), "old");
        ck_assert_int_eq(contents("temp") != NULL, !is_new); /* the rename is whole or not at all */
        if (synced) ck_assert(is_new);
        if (!synced) is_new ? new ++ : old++;
    }
    ck_assert_uint_gt(old, 0);
    ck_assert_uint_gt(new, 0);
}
END_TEST

START_TEST(second_power_loss_changes_nothing_more) {
    create("f", "whatever");
    power_cycle();
    const char *after_first = contents("f");
    size_t len = length("f");
    bool existed = after_first != NULL;
    power_cycle();
    ck_assert_int_eq(contents("f") != NULL, existed);
    ck_assert_uint_eq(length("f"), len);
}
END_TEST

START_TEST(full_failing_and_slow_disks) {
    struct file *f = create("f", "x");
    world_disk_full(tw.world, 0, 1);
    ck_assert_int_eq(host_file_write(A->host, f, "y", 1), HOST_ENOSPC);
    struct file *g = host_file_open(A->host, "g", FILE_CREATE, NULL); /* a name has room, as on ext4 and tmpfs */
    ck_assert_ptr_nonnull(g);
    ck_assert_int_eq(host_file_write(A->host, g, "y", 1), HOST_ENOSPC);
    host_file_close(A->host, g);
    int error = 0;
    world_disk_full(tw.world, 0, -1);
    ck_assert_int_eq(host_file_write(A->host, f, "y", 1), 1);
    world_disk_error(tw.world, 0, 1);
    char c;
    ck_assert_int_eq(host_file_write(A->host, f, "z", 1), HOST_EIO);
    ck_assert_int_eq(host_file_read(A->host, f, 0, &c, 1), HOST_EIO);
    ck_assert_int_eq(host_file_sync(A->host, f), HOST_EIO);
    ck_assert_int_eq(host_rename(A->host, "f", "g"), HOST_EIO);
    ck_assert_int_eq(host_remove(A->host, "f"), HOST_EIO);
    ck_assert_int_eq(host_sync_dir(A->host), HOST_EIO);
    ck_assert_ptr_null(host_file_open(A->host, "f", FILE_READ, &error));
    ck_assert_int_eq(error, HOST_EIO);
    world_disk_full(tw.world, 0, 1);
    world_disk_ok(tw.world, 0);
    ck_assert_int_eq(host_file_write(A->host, f, "z", 1), 1);
    ck_assert_str_eq(contents("f"), "xyz");
}
END_TEST

/* --- time ------------------------------------------------------------------------------------------------------- */

enum { MEGABYTE = 1000000 };
static sim_time took_write, took_sync, took_read;

static sim_time since(const struct tiny *t, sim_time *before) {
    sim_time took = *t->host->spending - *before;
    *before += took;
    return took;
}

/* A megabyte into a file, and on to the disk; with a pause for the disk in between if it was told early. */
static void write_megabyte(struct tiny *t, bool write_out, sim_time pause) {
    static char block[MEGABYTE];
    struct file *f = host_file_open(t->host, "f", FILE_CREATE, NULL);
    sim_time before = *t->host->spending;
    ck_assert_int_eq(host_file_write(t->host, f, block, sizeof(block)), sizeof(block));
    if (write_out) host_file_write_out(t->host, f);
    took_write = since(t, &before);
    host_spend(t->host, pause);
    before += pause;
    ck_assert_int_eq(host_file_sync(t->host, f), 0);
    took_sync = since(t, &before);
    host_file_close(t->host, f);
}
static void write_and_sync(struct tiny *t) {
    write_megabyte(t, false, 0);
}
static void write_out_and_sync(struct tiny *t) {
    write_megabyte(t, true, 800 * SIM_MS);
}
static void read_megabyte(struct tiny *t) {
    static char block[MEGABYTE];
    struct file *f = host_file_open(t->host, "f", FILE_READ, NULL);
    sim_time before = *t->host->spending;
    ck_assert_int_eq(host_file_read(t->host, f, 0, block, MEGABYTE / 2), MEGABYTE / 2);
    ck_assert_int_eq(host_file_read(t->host, f, MEGABYTE / 2, block, MEGABYTE), MEGABYTE / 2);
    took_read = since(t, &before);
    host_file_close(t->host, f);
}

static void do_in_turn(void (*what)(struct tiny *t)) {
    A->in_turn = what;
    host_timer_at(A->host, &A->timer, world_now(tw.world) + SIM_MS);
    tiny_run_for(&tw, 5 * SIM_SECOND);
}

/* write(2) takes no time; fsync(2) waits for the disk. */
START_TEST(fsync_waits_for_the_disk) {
    sim_time fsync = costs_default().fsync_time.a;
    do_in_turn(write_and_sync);
    ck_assert_int_eq(took_write, 0);
    ck_assert_int_eq(took_sync, host_transfer_time(MEGABYTE, costs_default().disk_rate) + fsync);
    world_disk_rate(tw.world, 0, MEGABYTE);
    do_in_turn(write_and_sync);
    ck_assert_int_eq(took_sync, SIM_SECOND + fsync);
}
END_TEST

/* What the disk was told of 800 ms ago is 800 ms nearer. */
START_TEST(writing_out_early_shortens_fsync) {
    world_disk_rate(tw.world, 0, MEGABYTE);
    do_in_turn(write_out_and_sync);
    ck_assert_int_eq(took_write, 0);
    ck_assert_int_eq(took_sync, 200 * SIM_MS + costs_default().fsync_time.a);
}
END_TEST

/* From memory as long as the machine has power; after that once from the disk. */
START_TEST(reading_is_cold_after_power_loss) {
    world_disk_rate(tw.world, 0, MEGABYTE);
    do_in_turn(write_and_sync);
    do_in_turn(read_megabyte);
    ck_assert_int_eq(took_read, 0);
    world_crash(tw.world, 0);
    world_start(tw.world, 0);
    do_in_turn(read_megabyte);
    ck_assert_int_eq(took_read, 0);
    power_cycle();
    do_in_turn(read_megabyte);
    ck_assert_int_eq(took_read, SIM_SECOND);
    do_in_turn(read_megabyte);
    ck_assert_int_eq(took_read, 0);
}
END_TEST

START_TEST(the_run_changes_disks) {
    ck_assert(!world_disk_remove(tw.world, 0, "f"));
    ck_assert(!world_disk_flip(tw.world, 0, "f", 0));
    world_disk_write(tw.world, 0, "f", (struct bytes){"aaaa", 4});
    power_cycle();
    ck_assert_str_eq(contents("f"), "aaaa");
    ck_assert(!world_disk_flip(tw.world, 0, "f", 4));
    ck_assert(world_disk_flip(tw.world, 0, "f", 2));
    int changed = contents("f")[2] ^ 'a';
    ck_assert_int_eq(changed & (changed - 1), 0); /* one bit */
    ck_assert_int_ne(changed, 0);
    ck_assert(world_disk_flip(tw.world, 0, "f", -1));
    ck_assert(world_disk_remove(tw.world, 0, "f"));
    power_cycle();
    ck_assert_ptr_null(contents("f"));
    world_disk_write(tw.world, 0, "empty", (struct bytes){"", 0});
    ck_assert_ptr_nonnull(contents("empty"));
    ck_assert_uint_eq(length("empty"), 0);
    ck_assert(!world_disk_flip(tw.world, 0, "empty", -1));
}
END_TEST

/* --- fsyncs by a thread ------------------------------------------------------------------------------------ */

static struct file *create_named(const char *name, const char *text) {
    struct file *f = create(name, text);
    ck_assert_int_eq(host_sync_dir(A->host), 0);
    return f;
}

START_TEST(a_threads_fsync_takes_its_time) {
    struct file *f = create_named("f", "written");
    ck_assert_int_eq(host_file_syncing(A->host, f), 0);
    host_file_sync_later(A->host, f);
    ck_assert_int_eq(host_file_syncing(A->host, f), HOST_SYNCING);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_int_eq(host_file_syncing(A->host, f), 0);
    power_cycle();
    ck_assert_str_eq(contents("f"), "written");
}
END_TEST

/* Over many seeds: what the power takes away before it is over may be gone. */
START_TEST(power_ends_a_threads_fsync) {
    unsigned lost = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        tiny_teardown(&tw);
        tiny_setup(&tw, seed);
        host_file_sync_later(A->host, create_named("f", "written"));
        power_cycle();
        lost += length("f") < 7;
        tiny_run_for(&tw, SIM_SECOND); /* it comes to nothing, and to no harm */
    }
    ck_assert_uint_gt(lost, 10);
}
END_TEST

/* The kernel goes on with it, whatever becomes of the process or the file. */
START_TEST(a_threads_fsync_outlives_process_and_file) {
    struct file *closed = create_named("closed", "written");
    host_file_sync_later(A->host, closed);
    host_file_close(A->host, closed);
    host_file_sync_later(A->host, create_named("open", "written"));
    world_crash(tw.world, 0);
    world_start(tw.world, 0);
    tiny_run_for(&tw, SIM_SECOND);
    power_cycle();
    ck_assert_str_eq(contents("closed"), "written");
    ck_assert_str_eq(contents("open"), "written");
}
END_TEST

START_TEST(a_threads_fsync_covers_what_was_written_before_it) {
    unsigned kept = 0, lost = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        tiny_teardown(&tw);
        tiny_setup(&tw, seed);
        struct file *f = create_named("f", "before");
        host_file_sync_later(A->host, f);
        ck_assert_int_eq(host_file_write(A->host, f, " after", 6), 6);
        tiny_run_for(&tw, SIM_SECOND);
        power_cycle();
        ck_assert_uint_ge(length("f"), 6);
        length("f") == 12 ? kept++ : lost++;
    }
    ck_assert_uint_gt(kept, 5);
    ck_assert_uint_gt(lost, 5);
}
END_TEST

START_TEST(a_failing_disk_fails_a_threads_fsync) {
    struct file *f = create_named("f", "written");
    host_file_sync_later(A->host, f);
    world_disk_error(tw.world, 0, 1);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_int_eq(host_file_syncing(A->host, f), HOST_EIO);
    world_disk_error(tw.world, 0, -1);
    host_file_sync_later(A->host, f);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_int_eq(host_file_syncing(A->host, f), 0);
}
END_TEST

START_TEST(files_are_cut) {
    write_durable("f", "whole and torn");
    struct file *f = host_file_open(A->host, "f", FILE_APPEND, NULL);
    ck_assert_int_eq(host_file_truncate(A->host, f, 5), 0);
    ck_assert_str_eq(contents("f"), "whole");
    ck_assert_int_eq(host_file_write(A->host, f, "!", 1), 1);
    ck_assert_str_eq(contents("f"), "whole!");
    world_disk_error(tw.world, 0, 1);
    ck_assert_int_eq(host_file_truncate(A->host, f, 0), HOST_EIO);
    world_disk_error(tw.world, 0, -1);
    host_file_close(A->host, f);
    power_cycle();
    ck_assert_uint_ge(length("f"), 5);
    ck_assert_mem_eq(contents("f"), "whole", 5);
}
END_TEST

static void add(TCase *t) {
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, write_read_append);
    tcase_add_test(t, open_files_survive_rename_and_remove);
    tcase_add_test(t, crash_keeps_what_the_kernel_has);
    tcase_add_test(t, power_loss_keeps_what_was_synced);
    tcase_add_test(t, power_loss_tears_what_was_not);
    tcase_add_test(t, rename_is_durable_after_the_directory_only);
    tcase_add_test(t, second_power_loss_changes_nothing_more);
    tcase_add_test(t, full_failing_and_slow_disks);
    tcase_add_test(t, fsync_waits_for_the_disk);
    tcase_add_test(t, writing_out_early_shortens_fsync);
    tcase_add_test(t, reading_is_cold_after_power_loss);
    tcase_add_test(t, the_run_changes_disks);
    tcase_add_test(t, a_threads_fsync_takes_its_time);
    tcase_add_test(t, power_ends_a_threads_fsync);
    tcase_add_test(t, a_threads_fsync_outlives_process_and_file);
    tcase_add_test(t, a_threads_fsync_covers_what_was_written_before_it);
    tcase_add_test(t, a_failing_disk_fails_a_threads_fsync);
    tcase_add_test(t, files_are_cut);
}

int main(void) {
    return tiny_main("disk", add);
}
