/* Forked children: steps, pipes, files, signals, orphans, the OOM killer. */
#include "tests/unit/tiny_nodes.h"

#include <signal.h>

static struct tiny_world tw;

/* A child that works `steps` times, each time writing and spending. */
struct work {
    struct host *host;
    unsigned steps, done, drops;
    size_t bytes;   /* written to the pipe each step */
    size_t written; /* in all */
    sim_time spend;
    const char *file; /* appended to each step, with a fsync at the end */
    struct file *open;
    int code;
    sim_time last_step;
};

static struct work work;
static char block[65536];

static bool work_step(void *state, struct child *self) {
    struct work *w = state;
    w->last_step = host_now(w->host);
    host_spend(w->host, w->spend);
    if (w->file && !w->open) w->open = host_file_open(w->host, w->file, FILE_CREATE, NULL);
    if (w->open) host_file_write(w->host, w->open, "chunk", 5);
    if (w->bytes > 0) {
        size_t left = w->bytes * (w->done + 1) - w->written;
        tiny_pattern(block, left, w->written);
        size_t n = host_child_write(w->host, self, block, left);
        w->written += n;
        if (n < left) return true; /* the pipe is full: the rest next time */
    }
    if (++w->done < w->steps) return true;
    if (w->open) ck_assert_int_eq(host_file_sync(w->host, w->open), 0);
    host_child_exit(w->host, self, w->code);
    return false;
}

static void work_drop(void *state, struct child *self) {
    struct work *w = state;
    (void)self;
    w->drops++;
}

static const struct child_program program = {"work", work_step, work_drop};
static int fork_error;

static void fork_now(struct tiny *t) {
    work.host = t->host;
    fork_error = 0;
    t->child = host_fork(t->host, &program, &work, &fork_error);
}

#define A (&tw.node[0])
#define B (&tw.node[1])

static void setup(void) {
    tiny_setup(&tw, 1);
    work = (struct work){.steps = 10, .spend = SIM_MS};
    A->reap = true;
}
static void teardown(void) {
    tiny_teardown(&tw);
}

/* Forks in a turn now. */
static void do_fork(void) {
    A->in_turn = fork_now;
    host_timer_at(A->host, &A->timer, world_now(tw.world));
    tiny_run_for(&tw, 0);
}

START_TEST(child_runs_beside_its_parent_and_is_reaped) {
    work.code = 3;
    do_fork();
    ck_assert_ptr_nonnull(A->child);
    ck_assert(world_has_child(tw.world, 0));
    tiny_run_for(&tw, 5 * SIM_MS);
    ck_assert_uint_ge(work.done, 5);
    ck_assert_uint_le(work.done, 6);
    ck_assert_uint_eq(A->child_ends, 0);
    tiny_run_for(&tw, 5 * SIM_MS);
    ck_assert_uint_eq(A->child_ends, 1);
    ck_assert_ptr_null(A->child);
    ck_assert_int_eq(A->status.exit_code, 3);
    ck_assert_int_eq(A->status.signal, 0);
    ck_assert_uint_eq(work.drops, 1);
    ck_assert(!world_has_child(tw.world, 0));
}
END_TEST

START_TEST(fork_costs_time_for_each_gigabyte) {
    A->memory = UINT64_C(3) << 30;
    do_fork();
    sim_time fork = 3 * costs_default().fork_per_gb;
    tiny_run_for(&tw, fork - SIM_MS);
    ck_assert_int_eq(work.last_step, 0);
    tiny_run_for(&tw, SIM_MS + SIM_US);
    ck_assert_int_eq(work.last_step, fork); /* begins when fork is over */
}
END_TEST

START_TEST(pipe_carries_bytes_and_blocks_the_child) {
    work.bytes = 20000;
    work.steps = 50;
    A->leave_pipe = true;
    do_fork();
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(work.written, 65536); /* the pipe is full and nobody reads */
    ck_assert(world_has_child(tw.world, 0));
    A->leave_pipe = false;
    tiny_child_readable(A, A->child, false);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(A->from_child.len, 1000000);
    tiny_check_pattern(A->from_child.at, A->from_child.len);
    ck_assert_uint_eq(A->child_ends, 1);
}
END_TEST

START_TEST(end_is_told_after_the_last_byte) {
    work.bytes = 100;
    work.steps = 3;
    A->leave_pipe = true;
    do_fork();
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(A->child_ends, 0);
    A->leave_pipe = false;
    tiny_child_readable(A, A->child, false);
    tiny_run_for(&tw, SIM_MS);
    host_timer_at(A->host, &A->timer, world_now(tw.world));
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(A->child_ends, 1);
    ck_assert_uint_eq(A->from_child.len, 300);
}
END_TEST

START_TEST(killed_child_tells_its_signal) {
    do_fork();
    tiny_run_for(&tw, 3 * SIM_MS);
    ck_assert(world_child_kill(tw.world, 0, SIGKILL));
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(A->status.signal, SIGKILL);
    ck_assert_uint_eq(work.drops, 1);
    ck_assert_uint_lt(work.done, 10);
    ck_assert(!world_child_kill(tw.world, 0, SIGKILL));
}
END_TEST

static void kill_child(struct tiny *t) {
    host_child_kill(t->host, t->child, SIGUSR1);
}

START_TEST(parent_kills_its_child) {
    do_fork();
    A->in_turn = kill_child;
    host_timer_at(A->host, &A->timer, 3 * SIM_MS);
    tiny_run_for(&tw, 10 * SIM_MS);
    ck_assert_int_eq(A->status.signal, SIGUSR1);
    ck_assert_uint_eq(work.drops, 1);
}
END_TEST

START_TEST(stalled_child_stands_still) {
    do_fork();
    tiny_run_for(&tw, 3 * SIM_MS);
    unsigned done = work.done;
    ck_assert(world_child_stall(tw.world, 0));
    ck_assert(!world_child_stall(tw.world, 0));
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(work.done, done);
    ck_assert(world_child_resume(tw.world, 0));
    ck_assert(!world_child_resume(tw.world, 0));
    tiny_run_for(&tw, 20 * SIM_MS);
    ck_assert_uint_eq(A->child_ends, 1);
    ck_assert_int_eq(A->status.signal, 0);
}
END_TEST

START_TEST(stalled_child_takes_a_signal_when_it_goes_on) {
    do_fork();
    tiny_run_for(&tw, 3 * SIM_MS);
    world_child_stall(tw.world, 0);
    host_child_kill(A->host, A->child, SIGUSR1);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(work.drops, 0);
    ck_assert(world_child_resume(tw.world, 0));
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(A->status.signal, SIGUSR1);
}
END_TEST

START_TEST(stalled_child_dies_of_sigkill) {
    do_fork();
    world_child_stall(tw.world, 0);
    ck_assert(world_child_kill(tw.world, 0, SIGKILL));
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(A->status.signal, SIGKILL);
}
END_TEST

START_TEST(child_outlives_a_crash_and_nobody_reaps_it) {
    work.file = "snapshot";
    do_fork();
    tiny_run_for(&tw, 3 * SIM_MS);
    world_crash(tw.world, 0);
    ck_assert_uint_eq(work.drops, 0);
    ck_assert(world_has_child(tw.world, 0));
    world_start(tw.world, 0);
    A->child = NULL;
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(work.drops, 1);
    ck_assert_uint_eq(A->child_ends, 0);
    ck_assert(!world_has_child(tw.world, 0));
    ck_assert_uint_eq(world_disk_read(tw.world, 0, "snapshot").len, 50);
}
END_TEST

START_TEST(orphan_dies_writing_to_its_pipe) {
    work.bytes = 10;
    do_fork();
    tiny_run_for(&tw, 3 * SIM_MS);
    world_crash(tw.world, 0);
    unsigned done = work.done;
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_le(work.done, done + 1);
    ck_assert_uint_eq(work.drops, 1);
}
END_TEST

START_TEST(power_loss_takes_the_child) {
    do_fork();
    tiny_run_for(&tw, 3 * SIM_MS);
    world_power(tw.world, 0);
    ck_assert_uint_eq(work.drops, 1);
    unsigned done = work.done;
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(work.done, done);
}
END_TEST

START_TEST(child_ends_while_its_parent_is_stopped) {
    do_fork();
    world_pause(tw.world, 0);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(work.done, 10);
    ck_assert_uint_eq(A->child_ends, 0);
    world_resume(tw.world, 0);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(A->child_ends, 1);
}
END_TEST

START_TEST(fork_fails) {
    world_fork_failing(tw.world, 0, 1);
    do_fork();
    ck_assert_ptr_null(A->child);
    ck_assert_int_eq(fork_error, HOST_ENOMEM);
    ck_assert_uint_eq(work.drops, 0); /* the state is still the parent's */
    world_fork_failing(tw.world, 0, -1);
    do_fork();
    ck_assert_ptr_nonnull(A->child);
}
END_TEST

START_TEST(oom_killer_takes_the_child_first) {
    A->reap = false;
    A->period = SIM_MS;
    do_fork();
    tiny_run_for(&tw, 2 * SIM_MS);
    A->memory = (uint64_t)costs_default().memory + 1;
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(work.drops, 1);
    ck_assert(world_alive(tw.world, 0));
    A->memory = 0;
    tiny_run_for(&tw, 10 * SIM_MS);
    ck_assert(world_alive(tw.world, 0));
    struct child_status status;
    ck_assert(host_child_reap(A->host, A->child, &status));
    ck_assert_int_eq(status.signal, SIGKILL);
}
END_TEST

/* --- what a child inherits ---------------------------------------------------------------------------------------- */

/* B's end of a connection from A, made before anything is forked. */
static struct conn *connected(void) {
    tiny_connect(&tw, 0, 1);
    return B->last;
}

/* A real server closed replicas and clients while its child wrote for 3 s: they saw EOF when the child had ended, and
 * those that had sent something meanwhile a reset. One that connected after the fork saw its EOF at once. */
START_TEST(child_keeps_open_what_its_parent_closes) {
    struct conn *c = connected();
    do_fork();
    sim_time end = world_now(tw.world) + 10 * SIM_MS;
    host_write(A->last, "bye", 3);
    host_close(A->last);
    tiny_run_to(&tw, end);
    ck_assert_uint_eq(B->got.len, 3); /* what was written is sent all the same */
    ck_assert_uint_eq(B->closed, 0);
    ck_assert_ptr_eq(B->last, c);
    tiny_run_for(&tw, 2 * SIM_MS);
    ck_assert_int_eq(B->why, CONN_EOF);
    ck_assert_int_ge(B->closed_at, end);
}
END_TEST

START_TEST(child_does_not_hold_what_came_after_its_fork) {
    do_fork();
    work.steps = 1000;
    connected();
    host_close(A->last);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(B->why, CONN_EOF);
    ck_assert(world_has_child(tw.world, 0));
}
END_TEST

START_TEST(child_does_not_hold_what_was_closed_before_its_fork) {
    connected();
    host_close(A->last);
    do_fork();
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(B->why, CONN_EOF);
}
END_TEST

START_TEST(peer_that_goes_on_writing_is_reset_at_the_end) {
    struct conn *c = connected();
    do_fork();
    host_close(A->last);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(host_write(c, "anybody?", 8), 8); /* the kernel takes it */
    tiny_run_for(&tw, 8 * SIM_MS);
    ck_assert_uint_eq(B->closed, 0);
    tiny_run_for(&tw, 2 * SIM_MS);
    ck_assert_int_eq(B->why, CONN_RESET);
}
END_TEST

START_TEST(peer_s_bytes_are_taken_up_to_the_buffers) {
    struct conn *c = connected();
    world_link(tw.world, 1, 0)->buffer = 2000;
    work.steps = 1000;
    do_fork();
    host_close(A->last);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(host_write(c, block, 3000), 1000);
    tiny_run_for(&tw, 10 * SIM_MS);
    ck_assert_uint_eq(host_write(c, block, 3000), 1000); /* the receiver's half is full: these stay in the sender's */
    tiny_run_for(&tw, 500 * SIM_MS);
    ck_assert_uint_eq(host_write(c, block, 3000), 0);
    ck_assert_uint_eq(B->closed, 0);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_int_eq(B->why, CONN_RESET);
}
END_TEST

static struct work second_work;

static void fork_second(struct tiny *t) {
    ck_assert_ptr_nonnull(host_fork(t->host, &program, &second_work, NULL));
}

START_TEST(last_of_two_children_ends_it) {
    connected();
    work.steps = 20;
    A->reap = false;
    do_fork();
    tiny_run_for(&tw, SIM_MS);
    second_work = (struct work){.host = A->host, .steps = 40, .spend = SIM_MS};
    A->in_turn = fork_second;
    host_timer_at(A->host, &A->timer, world_now(tw.world));
    tiny_run_for(&tw, 0);
    host_close(A->last);
    tiny_run_for(&tw, 30 * SIM_MS);
    ck_assert_uint_eq(work.drops, 1);
    ck_assert_uint_eq(B->closed, 0);
    tiny_run_for(&tw, 15 * SIM_MS);
    ck_assert_int_eq(B->why, CONN_EOF);
}
END_TEST

START_TEST(killed_child_lets_go_at_once) {
    connected();
    do_fork();
    host_close(A->last);
    tiny_run_for(&tw, 3 * SIM_MS);
    ck_assert(world_child_kill(tw.world, 0, SIGKILL));
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(B->why, CONN_EOF);
}
END_TEST

/* A real server killed by SIGKILL: its clients saw EOF when the orphan had ended, 3 s later; who connected was refused
 * at once, as children close the listening sockets. */
START_TEST(crash_is_seen_when_the_orphan_ends) {
    connected();
    do_fork();
    sim_time end = world_now(tw.world) + 10 * SIM_MS;
    tiny_run_for(&tw, 2 * SIM_MS);
    world_crash(tw.world, 0);
    host_connect(B->host, "a", TINY_PORT);
    tiny_run_to(&tw, end);
    ck_assert_uint_eq(B->closed, 1);
    ck_assert_int_eq(B->why, CONN_REFUSED);
    tiny_run_for(&tw, 2 * SIM_MS);
    ck_assert_uint_eq(B->closed, 2);
    ck_assert_int_eq(B->why, CONN_EOF);
    ck_assert_int_ge(B->closed_at, end);
}
END_TEST

START_TEST(orphan_holds_beyond_a_restart) {
    connected();
    do_fork();
    world_crash(tw.world, 0);
    A->child = NULL;
    world_start(tw.world, 0);
    tiny_run_for(&tw, 5 * SIM_MS);
    ck_assert_uint_eq(B->closed, 0);
    tiny_connect(&tw, 0, 1);
    ck_assert_uint_eq(B->closed, 1);
    host_close(A->last); /* the new process's own */
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(B->closed, 2);
    ck_assert_int_eq(B->why, CONN_EOF);
}
END_TEST

START_TEST(power_loss_tells_nobody) {
    connected();
    do_fork();
    host_close(A->last);
    tiny_run_for(&tw, 2 * SIM_MS);
    world_power(tw.world, 0);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(B->closed, 0);
}
END_TEST

/* Whoever speaks to a machine after a crash is to speak to the process that lives there now. */
START_TEST(console_is_told_of_a_crash_at_once) {
    tiny_teardown(&tw);
    tiny_setup_as(&tw, 1, TIE_RANDOM, PARTY_CONSOLE);
    tiny_connect(&tw, 0, 1);
    B->in_turn = fork_now;
    host_timer_at(B->host, &B->timer, world_now(tw.world));
    tiny_run_for(&tw, 0);
    world_crash(tw.world, 1);
    tiny_run_for(&tw, SIM_US);
    ck_assert(world_has_child(tw.world, 1));
    ck_assert_uint_eq(A->closed, 1);
}
END_TEST

START_TEST(network_resets_what_children_hold) {
    connected();
    do_fork();
    host_close(A->last);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(world_reset(tw.world, 0, 1), 1);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_int_eq(B->why, CONN_RESET);
    ck_assert_uint_eq(B->closed, 1);
}
END_TEST

START_TEST(both_may_close_while_a_child_lives) {
    struct conn *c = connected();
    do_fork();
    host_close(A->last);
    tiny_run_for(&tw, SIM_MS);
    host_close(c);
    tiny_run_for(&tw, SIM_SECOND); /* nothing is left over: the pool of a sanitizer's build would tell */
    ck_assert_uint_eq(B->closed, 0);
    ck_assert(!world_has_child(tw.world, 0));
}
END_TEST

static void add(TCase *t) {
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, child_runs_beside_its_parent_and_is_reaped);
    tcase_add_test(t, fork_costs_time_for_each_gigabyte);
    tcase_add_test(t, pipe_carries_bytes_and_blocks_the_child);
    tcase_add_test(t, end_is_told_after_the_last_byte);
    tcase_add_test(t, killed_child_tells_its_signal);
    tcase_add_test(t, parent_kills_its_child);
    tcase_add_test(t, stalled_child_stands_still);
    tcase_add_test(t, stalled_child_takes_a_signal_when_it_goes_on);
    tcase_add_test(t, stalled_child_dies_of_sigkill);
    tcase_add_test(t, child_outlives_a_crash_and_nobody_reaps_it);
    tcase_add_test(t, orphan_dies_writing_to_its_pipe);
    tcase_add_test(t, power_loss_takes_the_child);
    tcase_add_test(t, child_ends_while_its_parent_is_stopped);
    tcase_add_test(t, fork_fails);
    tcase_add_test(t, oom_killer_takes_the_child_first);
    tcase_add_test(t, child_keeps_open_what_its_parent_closes);
    tcase_add_test(t, child_does_not_hold_what_came_after_its_fork);
    tcase_add_test(t, child_does_not_hold_what_was_closed_before_its_fork);
    tcase_add_test(t, peer_that_goes_on_writing_is_reset_at_the_end);
    tcase_add_test(t, peer_s_bytes_are_taken_up_to_the_buffers);
    tcase_add_test(t, last_of_two_children_ends_it);
    tcase_add_test(t, killed_child_lets_go_at_once);
    tcase_add_test(t, crash_is_seen_when_the_orphan_ends);
    tcase_add_test(t, orphan_holds_beyond_a_restart);
    tcase_add_test(t, power_loss_tells_nobody);
    tcase_add_test(t, console_is_told_of_a_crash_at_once);
    tcase_add_test(t, network_resets_what_children_hold);
    tcase_add_test(t, both_may_close_while_a_child_lives);
}

int main(void) {
    return tiny_main("child", add);
}
