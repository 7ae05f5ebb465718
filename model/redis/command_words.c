/* The command words, and what can be said of a command line before it is sent. */
#include "model/redis/command_words.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "model/redis/command.h"
#include "model/redis/resp.h"

const struct command_word redis_command_words[] = {
    {"acl", NOT_YET},
    {"append", SUPPORTED},
    {"asking", NOT_YET},
    {"auth", SUPPORTED},
    {"bgrewriteaof", SUPPORTED},
    {"bgsave", SUPPORTED},
    {"bitcount", NOT_YET},
    {"bitfield", NOT_YET},
    {"bitfield_ro", NOT_YET},
    {"bitop", NOT_YET},
    {"bitpos", NOT_YET},
    {"blmove", SUPPORTED},
    {"blmpop", NOT_YET},
    {"blpop", SUPPORTED},
    {"brpop", SUPPORTED},
    {"brpoplpush", SUPPORTED},
    {"bzmpop", NOT_YET},
    {"bzpopmax", NOT_YET},
    {"bzpopmin", NOT_YET},
    {"client", SUPPORTED},
    {"cluster", NOT_YET},
    {"command", SUPPORTED},
    {"config", SUPPORTED},
    {"copy", SUPPORTED},
    {"dbsize", SUPPORTED},
    {"debug", SUPPORTED},
    {"decr", SUPPORTED},
    {"decrby", SUPPORTED},
    {"del", SUPPORTED},
    {"discard", SUPPORTED},
    {"dump", NOT_YET},
    {"echo", SUPPORTED},
    {"eval", NOT_YET},
    {"eval_ro", NOT_YET},
    {"evalsha", NOT_YET},
    {"evalsha_ro", NOT_YET},
    {"exec", SUPPORTED},
    {"exists", SUPPORTED},
    {"expire", SUPPORTED},
    {"expireat", SUPPORTED},
    {"expiretime", SUPPORTED},
    {"failover", SUPPORTED},
    {"fcall", NOT_YET},
    {"fcall_ro", NOT_YET},
    {"flushall", SUPPORTED},
    {"flushdb", SUPPORTED},
    {"function", NOT_YET},
    {"geoadd", NOT_YET},
    {"geodist", NOT_YET},
    {"geohash", NOT_YET},
    {"geopos", NOT_YET},
    {"georadius", NOT_YET},
    {"georadius_ro", NOT_YET},
    {"georadiusbymember", NOT_YET},
    {"georadiusbymember_ro", NOT_YET},
    {"geosearch", NOT_YET},
    {"geosearchstore", NOT_YET},
    {"get", SUPPORTED},
    {"getbit", SUPPORTED},
    {"getdel", SUPPORTED},
    {"getex", SUPPORTED},
    {"getrange", SUPPORTED},
    {"getset", SUPPORTED},
    {"hdel", SUPPORTED},
    {"hello", SUPPORTED},
    {"hexists", SUPPORTED},
    {"hget", SUPPORTED},
    {"hgetall", SUPPORTED},
    {"hincrby", SUPPORTED},
    {"hincrbyfloat", SUPPORTED},
    {"hkeys", SUPPORTED},
    {"hlen", SUPPORTED},
    {"hmget", SUPPORTED},
    {"hmset", SUPPORTED},
    {"hrandfield", NOT_YET},
    {"hscan", NOT_YET},
    {"hset", SUPPORTED},
    {"hsetnx", SUPPORTED},
    {"hstrlen", SUPPORTED},
    {"hvals", SUPPORTED},
    {"incr", SUPPORTED},
    {"incrby", SUPPORTED},
    {"incrbyfloat", SUPPORTED},
    {"info", SUPPORTED},
    {"keys", SUPPORTED},
    {"lastsave", SUPPORTED},
    {"latency", NOT_YET},
    {"lcs", NOT_YET},
    {"lindex", SUPPORTED},
    {"linsert", SUPPORTED},
    {"llen", SUPPORTED},
    {"lmove", SUPPORTED},
    {"lmpop", NOT_YET},
    {"lolwut", NOT_YET},
    {"lpop", SUPPORTED},
    {"lpos", SUPPORTED},
    {"lpush", SUPPORTED},
    {"lpushx", SUPPORTED},
    {"lrange", SUPPORTED},
    {"lrem", SUPPORTED},
    {"lset", SUPPORTED},
    {"ltrim", SUPPORTED},
    {"memory", NOT_YET},
    {"mget", SUPPORTED},
    {"migrate", NOT_YET},
    {"module", NOT_YET},
    {"monitor", NOT_YET},
    {"move", SUPPORTED},
    {"mset", SUPPORTED},
    {"msetnx", SUPPORTED},
    {"multi", SUPPORTED},
    {"object", SUPPORTED},
    {"persist", SUPPORTED},
    {"pexpire", SUPPORTED},
    {"pexpireat", SUPPORTED},
    {"pexpiretime", SUPPORTED},
    {"pfadd", NOT_YET},
    {"pfcount", NOT_YET},
    {"pfdebug", NOT_YET},
    {"pfmerge", NOT_YET},
    {"pfselftest", NOT_YET},
    {"ping", SUPPORTED},
    {"psetex", SUPPORTED},
    {"psubscribe", NOT_YET},
    {"psync", SUPPORTED},
    {"pttl", SUPPORTED},
    {"publish", SUPPORTED},
    {"pubsub", NOT_YET},
    {"punsubscribe", NOT_YET},
    {"quit", SUPPORTED},
    {"randomkey", SUPPORTED},
    {"readonly", NOT_YET},
    {"readwrite", NOT_YET},
    {"rename", SUPPORTED},
    {"renamenx", SUPPORTED},
    {"replconf", SUPPORTED},
    {"replicaof", SUPPORTED},
    {"reset", SUPPORTED},
    {"restore", NOT_YET},
    {"restore-asking", NOT_YET},
    {"role", SUPPORTED},
    {"rpop", SUPPORTED},
    {"rpoplpush", SUPPORTED},
    {"rpush", SUPPORTED},
    {"rpushx", SUPPORTED},
    {"sadd", SUPPORTED},
    {"save", SUPPORTED},
    {"scan", SUPPORTED},
    {"scard", SUPPORTED},
    {"script", NOT_YET},
    {"sdiff", SUPPORTED},
    {"sdiffstore", SUPPORTED},
    {"select", SUPPORTED},
    {"set", SUPPORTED},
    {"setbit", SUPPORTED},
    {"setex", SUPPORTED},
    {"setnx", SUPPORTED},
    {"setrange", SUPPORTED},
    {"shutdown", SUPPORTED},
    {"sinter", SUPPORTED},
    {"sintercard", NOT_YET},
    {"sinterstore", SUPPORTED},
    {"sismember", SUPPORTED},
    {"slaveof", SUPPORTED},
    {"slowlog", NOT_YET},
    {"smembers", SUPPORTED},
    {"smismember", SUPPORTED},
    {"smove", SUPPORTED},
    {"sort", NOT_YET},
    {"sort_ro", NOT_YET},
    {"spop", SUPPORTED},
    {"spublish", NOT_YET},
    {"srandmember", SUPPORTED},
    {"srem", SUPPORTED},
    {"sscan", NOT_YET},
    {"ssubscribe", NOT_YET},
    {"strlen", SUPPORTED},
    {"subscribe", NOT_YET},
    {"substr", SUPPORTED},
    {"sunion", SUPPORTED},
    {"sunionstore", SUPPORTED},
    {"sunsubscribe", NOT_YET},
    {"swapdb", SUPPORTED},
    {"sync", SUPPORTED},
    {"time", SUPPORTED},
    {"touch", SUPPORTED},
    {"ttl", SUPPORTED},
    {"type", SUPPORTED},
    {"unlink", SUPPORTED},
    {"unsubscribe", NOT_YET},
    {"unwatch", SUPPORTED},
    {"wait", SUPPORTED},
    {"watch", SUPPORTED},
    {"xack", NOT_YET},
    {"xadd", NOT_YET},
    {"xautoclaim", NOT_YET},
    {"xclaim", NOT_YET},
    {"xdel", NOT_YET},
    {"xgroup", NOT_YET},
    {"xinfo", NOT_YET},
    {"xlen", NOT_YET},
    {"xpending", NOT_YET},
    {"xrange", NOT_YET},
    {"xread", NOT_YET},
    {"xreadgroup", NOT_YET},
    {"xrevrange", NOT_YET},
    {"xsetid", NOT_YET},
    {"xtrim", NOT_YET},
    {"zadd", SUPPORTED},
    {"zcard", SUPPORTED},
    {"zcount", SUPPORTED},
    {"zdiff", NOT_YET},
    {"zdiffstore", NOT_YET},
    {"zincrby", SUPPORTED},
    {"zinter", NOT_YET},
    {"zintercard", NOT_YET},
    {"zinterstore", NOT_YET},
    {"zlexcount", SUPPORTED},
    {"zmpop", NOT_YET},
    {"zmscore", SUPPORTED},
    {"zpopmax", SUPPORTED},
    {"zpopmin", SUPPORTED},
    {"zrandmember", NOT_YET},
    {"zrange", SUPPORTED},
    {"zrangebylex", SUPPORTED},
    {"zrangebyscore", SUPPORTED},
    {"zrangestore", NOT_YET},
    {"zrank", SUPPORTED},
    {"zrem", SUPPORTED},
    {"zremrangebylex", SUPPORTED},
    {"zremrangebyrank", SUPPORTED},
    {"zremrangebyscore", SUPPORTED},
    {"zrevrange", SUPPORTED},
    {"zrevrangebylex", SUPPORTED},
    {"zrevrangebyscore", SUPPORTED},
    {"zrevrank", SUPPORTED},
    {"zscan", NOT_YET},
    {"zscore", SUPPORTED},
    {"zunion", NOT_YET},
    {"zunionstore", NOT_YET},
    {NULL, NOT_YET},
};

/* Sub-commands of the commands that have some and are simulated: the arity counts all words, negative is a minimum. */
struct sub_command {
    const char *command;
    const char *name;
    int arity;
    enum support support;
};

static const struct sub_command sub_commands[] = {
    {"client", "caching", 3, NOT_YET},
    {"client", "getname", 2, SUPPORTED},
    {"client", "getredir", 2, NOT_YET},
    {"client", "help", 2, NOT_YET},
    {"client", "id", 2, SUPPORTED},
    {"client", "info", 2, SUPPORTED},
    {"client", "kill", -3, SUPPORTED},
    {"client", "list", -2, SUPPORTED},
    {"client", "no-evict", 3, SUPPORTED},
    {"client", "pause", -3, SUPPORTED},
    {"client", "reply", 3, NOT_YET},
    {"client", "setname", 3, SUPPORTED},
    {"client", "tracking", -3, NOT_YET},
    {"client", "trackinginfo", 2, NOT_YET},
    {"client", "unblock", -3, SUPPORTED},
    {"client", "unpause", 2, SUPPORTED},
    {"command", "count", 2, SUPPORTED},
    {"command", "docs", -2, NOT_YET},
    {"command", "getkeys", -4, NOT_YET},
    {"command", "getkeysandflags", -4, NOT_YET},
    {"command", "help", 2, NOT_YET},
    {"command", "info", -2, NOT_YET},
    {"command", "list", -2, NOT_YET},
    {"config", "get", -3, SUPPORTED},
    {"config", "help", 2, NOT_YET},
    {"config", "resetstat", 2, SUPPORTED},
    {"config", "rewrite", 2, SUPPORTED},
    {"config", "set", -4, SUPPORTED},
    {"debug", "digest", 2, SUPPORTED},
    {"debug", "digest-value", -2, NOT_YET},
    {"debug", "sleep", 3, SUPPORTED},
    {"debug", "populate", -3, SUPPORTED},
    {"debug", "set-active-expire", 3, SUPPORTED},
    {"object", "encoding", 3, NOT_YET},
    {"object", "freq", 3, SUPPORTED},
    {"object", "help", 2, NOT_YET},
    {"object", "idletime", 3, SUPPORTED},
    {"object", "refcount", 3, NOT_YET},
};

static bool arity_fits(int arity, size_t count) {
    return arity >= 0 ? count == (size_t)arity : count >= (size_t)-arity;
}

static const struct command_word *find_word(struct bytes name) {
    for (const struct command_word *w = redis_command_words; w->name; w++) {
        if (resp_word_is(name, w->name)) return w;
    }
    return NULL;
}

static bool check_sub_command(const struct command *command, const struct bytes *words, size_t count, char *error,
                              size_t error_room) {
    bool has_some = false;
    for (size_t i = 0; i < sizeof(sub_commands) / sizeof(sub_commands[0]); i++) {
        const struct sub_command *sub = &sub_commands[i];
        if (strcmp(sub->command, command->name) != 0) continue;
        has_some = true;
        if (!resp_word_is(words[1], sub->name)) continue;
        if (sub->support == NOT_YET) {
            snprintf(error, error_room, "%s %s is not simulated yet", sub->command, sub->name);
        } else if (!arity_fits(sub->arity, count)) {
            snprintf(error, error_room, "wrong number of arguments for '%s|%s' command", sub->command, sub->name);
        } else {
            return true;
        }
        return false;
    }
    if (has_some) {
        snprintf(error, error_room, "unknown subcommand '%.*s' of '%s'", (int)words[1].len, words[1].at, command->name);
    }
    return !has_some;
}

bool command_words_check(const struct bytes *words, size_t count, char *error, size_t error_room) {
    assert(count > 0 && error_room > 0);
    const struct command_word *word = words[0].at ? find_word(words[0]) : NULL;
    if (!word) {
        snprintf(error, error_room, "unknown command '%.*s'", (int)words[0].len, words[0].at ? words[0].at : "");
        return false;
    }
    if (word->support == NOT_YET) {
        snprintf(error, error_room, "%s is not simulated yet", word->name);
        return false;
    }
    const struct command *command = command_find(words[0]);
    assert(command && "a supported word is in the command table");
    if (!command_arity_ok(command, count)) {
        snprintf(error, error_room, "wrong number of arguments for '%s' command", command->name);
        return false;
    }
    if (count < 2 || !words[1].at) return true;
    return check_sub_command(command, words, count, error, error_room);
}
