/* The data commands, one function each; command_table.c names them. What they do is the real server's documentation of
 * the command; how they are called is in command.h. */
#ifndef MODEL_REDIS_COMMANDS_H
#define MODEL_REDIS_COMMANDS_H

#include "model/redis/command.h"

/* --- t_counter.c --- */
command_fn command_incr;
command_fn command_decr;
command_fn command_incrby;
command_fn command_decrby;
command_fn command_incrbyfloat;

/* --- t_expire.c --- */
command_fn command_expire;
command_fn command_pexpire;
command_fn command_expireat;
command_fn command_pexpireat;
command_fn command_persist;
command_fn command_ttl;
command_fn command_pttl;
command_fn command_expiretime;
command_fn command_pexpiretime;

/* --- t_generic.c --- */
command_fn command_del;
command_fn command_exists;
command_fn command_touch;
command_fn command_type;
command_fn command_rename;
command_fn command_renamenx;
command_fn command_select;
command_fn command_swapdb;
command_fn command_move;
command_fn command_copy;
command_fn command_flushdb;
command_fn command_flushall;
command_fn command_dbsize;

/* --- t_hash.c --- */
command_fn command_hget;
command_fn command_hmget;
command_fn command_hlen;
command_fn command_hexists;
command_fn command_hstrlen;
command_fn command_hgetall;
command_fn command_hkeys;
command_fn command_hvals;
command_fn command_hset;
command_fn command_hmset;
command_fn command_hsetnx;
command_fn command_hdel;
command_fn command_hincrby;
command_fn command_hincrbyfloat;

/* --- t_list.c --- */
command_fn command_lpush;
command_fn command_rpush;
command_fn command_lpushx;
command_fn command_rpushx;
command_fn command_lpop;
command_fn command_rpop;
command_fn command_llen;
command_fn command_lrange;
command_fn command_lindex;
command_fn command_lpos;
command_fn command_lset;
command_fn command_lrem;
command_fn command_ltrim;
command_fn command_linsert;

/* --- t_list_move.c --- */
command_fn command_lmove;
command_fn command_rpoplpush;
command_fn command_blmove;
command_fn command_brpoplpush;
command_fn command_blpop;
command_fn command_brpop;

/* --- t_object.c --- */
command_fn command_object;

/* --- t_scan.c --- */
command_fn command_keys;
command_fn command_scan;
command_fn command_randomkey;

/* --- t_set.c --- */
command_fn command_sadd;
command_fn command_srem;
command_fn command_scard;
command_fn command_sismember;
command_fn command_smismember;
command_fn command_smembers;
command_fn command_smove;
command_fn command_spop;
command_fn command_srandmember;

/* --- t_set_algebra.c --- */
command_fn command_sinter;
command_fn command_sunion;
command_fn command_sdiff;
command_fn command_sinterstore;
command_fn command_sunionstore;
command_fn command_sdiffstore;

/* --- t_string.c --- */
command_fn command_set;
command_fn command_setnx;
command_fn command_setex;
command_fn command_psetex;
command_fn command_get;
command_fn command_getset;
command_fn command_getdel;
command_fn command_getex;
command_fn command_mget;
command_fn command_mset;
command_fn command_msetnx;

/* --- t_string_edit.c --- */
command_fn command_strlen;
command_fn command_append;
command_fn command_setrange;
command_fn command_getrange;
command_fn command_getbit;
command_fn command_setbit;

/* --- t_zset.c --- */
command_fn command_zadd;
command_fn command_zincrby;
command_fn command_zrem;
command_fn command_zcard;
command_fn command_zscore;
command_fn command_zmscore;
command_fn command_zrank;
command_fn command_zrevrank;
command_fn command_zpopmin;
command_fn command_zpopmax;

/* --- t_zset_range.c --- */
command_fn command_zrange;
command_fn command_zrevrange;
command_fn command_zrangebyscore;
command_fn command_zrevrangebyscore;
command_fn command_zrangebylex;
command_fn command_zrevrangebylex;
command_fn command_zcount;
command_fn command_zlexcount;
command_fn command_zremrangebyrank;
command_fn command_zremrangebyscore;
command_fn command_zremrangebylex;

#endif
