/*
 * The claim protocol of mediaproc, small enough to look at every state that it can reach.
 *
 * Two executors, one task, three claims (two with -DCLAIMS=2). Each `inline` below is one step of the real thing;
 * docs/explanation/protocol.md names the function that implements it. Between any two steps an executor may be stopped
 * or killed, its connections cut, its node partitioned, the database crash, a person cancel the task. A statement may run
 * and its answer be lost; it may never run; or it may run long after its sender has given it up.
 *
 * Time is counted in ticks of one heartbeat. A tick waits for what a living, reachable executor does in time: one
 * renewal or release, the self-fence, re-taking its lock. The grace for a missing lock is shorter than a tick: it waits
 * only for whoever is connected to take its lock again, or to hurry a heartbeat. Nothing else is ever waited for.
 *
 * At some moment the faults end (`budget` is 0); then everything must come to a good end.
 * Every guard can be taken away with -DWITHOUT_...; tests/model/test_model.py expects a counterexample for each.
 *
 * To keep the states few, a variable that nothing reads any more goes back to its first value, and faults befall only
 * executors that are at work: those of an idle one change nothing that another fault does not.
 */

#define LEASE  2                /* ticks */
#ifndef CLAIMS
#define CLAIMS 3
#endif
#define LIMIT  CLAIMS                /* strikes, then the task waits for a person */
#define NOBODY 2                /* a holder whose process is over */

/* Which faults happen, and how many in one history; without BUDGET as many as there may be. */
#define STOPS      1
#define KILLS      2
#define CUTS       4
#define LOCKS      8
#define PARTITIONS 16
#define CRASHES    32
#define CANCELS    64
#define OUTAGES    128
#ifndef FAULTS
#define FAULTS 255
#endif
#ifdef BUDGET
#define SPENT 1
#else
#define BUDGET 1
#define SPENT 0
#endif
#define MAY(kind) (budget > 0 && (FAULTS & kind) != 0)

/* What the row holds. */
mtype = { PENDING, PROCESSING, FAILED, GONE }
/* How an attempt stands. */
mtype = { NONE, RUNNING, COMPLETED, COUNTED, RELEASED, LOST, CANCELLED }
/* Where a slot stands. */
mtype = { IDLE, CLAIMING, WORKING, UPLOADING, SETTLING, ASKING, FAILING, FENCED, LOSING, TAKING_BACK }
/* A renewal. */
mtype = { NOTHING, SENT, YES, NO }
/* A statement that its sender gave up. */
mtype = { CLAIM, SETTLE, INSERT }
/* What is known of the holder's lock: missing at a look, still missing after the grace, or a heartbeat since then. */
mtype = { THERE, MISSING, SILENT, SHOWN }

/* The database. A claim token is a number from 1 to CLAIMS; index 0 stays empty. */
mtype status = PENDING;
byte token, strikes, claims;
byte holder = NOBODY;
byte ended;                     /* rows in history */
byte won;                       /* the token that history names; 0: cancelled */
mtype outcome[CLAIMS + 1] = NONE;
byte lease[CLAIMS + 1];         /* ticks */
bool up = true;

/* The store: which claim's bytes lie under a key. */
byte object[CLAIMS + 1];
bool swept[CLAIMS + 1];         /* only without the second look */

/* The claim that runs: may it be compensated, may its strike stay, was the database away meanwhile? */
bool excused, explained, outage;
bool killed;                    /* the process that made it is over */
bool stays[CLAIMS + 1];         /* a lost claim whose strike is explained */

/* The executors. */
bool alive[2] = true;
bool paused[2], partitioned[2];
bool linked[2] = true;          /* its connection has not died since it last held off */
byte hold[3];                   /* ticks until it may compensate again; the last is the onlooker's */
bool many;                      /* both locks vanished together, and the onlooker saw it */
bool fresh[2];                  /* started after the outage, of which it cannot know */
bool lock[3] = true;            /* its advisory lock; that of NOBODY stays while the server does not know of its end */
bool mute[2];                   /* its listener cannot come back */
mtype watch = THERE;
byte doomed;                    /* 1 + the holder that was judged dead and whose claim is not compensated yet */
bool due;                       /* the holder owes a renewal or a release in this tick */
mtype stage[2] = IDLE;
byte mine[2];                   /* the token it believes in */
bool ffmpeg[2];
byte trust[2], pledge[2];       /* ticks that it may trust its lease; that the renewal under way would give */
bool starved[2];                /* knows that it was cut off while it held this claim */
mtype beat[2] = NOTHING;
mtype stray[2] = NOTHING;
byte suspect[2];                /* only without the guard of compensation */

/* How many faults may still happen; 0: calm. */
byte budget = BUDGET;

inline spend() {
    budget = budget - SPENT
}

#define FREE(e)      (alive[e] && !paused[e])
#define REACHED(e)   (up && !partitioned[e])
#define ACTS(e)      (FREE(e) && REACHED(e))
#define DUE          (status == PENDING || (status == FAILED && strikes < LIMIT))
#define HOLDS(t)     (status == PROCESSING && token == (t))
#define HOLDING(e)   (status == PROCESSING && holder == (e))
#define IS_ENDED(t)  (outcome[t] == COUNTED || outcome[t] == RELEASED || outcome[t] == LOST || outcome[t] == CANCELLED)
#define COUNTS(t)    ((outcome[t] == COUNTED || outcome[t] == LOST) -> 1 : 0)
#if CLAIMS > 2
#define ALL_COUNTS   (COUNTS(1) + COUNTS(2) + COUNTS(3))
#else
#define ALL_COUNTS   (COUNTS(1) + COUNTS(2))
#endif

#ifdef WITHOUT_KEY_PER_CLAIM
#define KEY(t) 0
#else
#define KEY(t) (t)
#endif

/* Invariants 1, 3 and 7, wherever something was written. */
inline check() {
    assert(ended <= 1);
    assert(won == 0 || object[KEY(won)] == won);
    assert(strikes == ALL_COUNTS)
}

/* ---- the statements -------------------------------------------------------------------------------------------- */

#ifdef WITHOUT_TOKEN_IN_SETTLE
#define MAY_SETTLE(t) (status == PROCESSING)
#else
#define MAY_SETTLE(t) HOLDS(t)
#endif
#ifdef WITHOUT_TOKEN_IN_FAIL
#define MAY_FAIL(t) (status == PROCESSING)
#else
#define MAY_FAIL(t) HOLDS(t)
#endif
#ifdef WITHOUT_TOKEN_IN_RELEASE
#define MAY_RELEASE(t) (status == PROCESSING)
#else
#define MAY_RELEASE(t) HOLDS(t)
#endif
#ifdef WITHOUT_TOKEN_IN_RENEW
#define MAY_RENEW(t) (status == PROCESSING)
#else
#define MAY_RENEW(t) HOLDS(t)
#endif
#ifdef WITHOUT_CLAIM_GUARD
#define MAY_CLAIM (status != GONE && claims < CLAIMS)
#else
#define MAY_CLAIM (DUE && claims < CLAIMS)
#endif

/* Whether it matters to executor `e` how long the lease of `t` still is. */
#define USES(e, t) (mine[e] == t && (ffmpeg[e] || stage[e] == CLAIMING))

/* The claim of token `t` is over. */
inline leave_row(t, result, next) {
    assert(token == t);                                 /* invariant 2: nobody ends another's claim */
    outcome[t] = result;
    if
    :: USES(0, t) || USES(1, t) -> skip
    :: else -> lease[t] = 0
    fi;
    status = next;
    token = 0;
    holder = NOBODY;
    excused = false;
    explained = false;
    killed = false;
    outage = false;
    watch = THERE;
    doomed = (doomed == NOBODY + 1 -> 0 : doomed);
    lock[NOBODY] = false;
    many = false;
    due = false;
    hold[0] = 0;
    hold[1] = 0;
    hold[NOBODY] = 0;
    fresh[0] = false;
    fresh[1] = false;
    if
    :: stray[0] == SETTLE -> stray[0] = NOTHING
    :: else
    fi;
    if
    :: stray[1] == SETTLE -> stray[1] = NOTHING
    :: else
    fi
}

inline run_claim(e) {
    assert(status != PROCESSING);                       /* invariant 4: the claim is the lock */
    claims++;
    status = PROCESSING;
    token = claims;
    holder = e;
    lease[token] = LEASE;
    outcome[token] = RUNNING;
    /* Cut off already: its listener is still out, or others have judged it. */
    excused = paused[e] || partitioned[e] || !linked[e] || doomed == e + 1;
    explained = paused[e]
}

inline run_settle(e, t) {
#ifdef WITHOUT_ONE_STATEMENT
    stray[e] = INSERT;
#else
    ended++;
    won = t;
#endif
    leave_row(t, COMPLETED, GONE);
    check()
}

inline stop_ffmpeg(e) {
    ffmpeg[e] = false;
    lease[mine[e]] = (HOLDS(mine[e]) -> lease[mine[e]] : 0)
}

inline forget_claim(e) {
    stop_ffmpeg(e);
    stage[e] = IDLE;
    mine[e] = 0;
    trust[e] = 0;
    pledge[e] = 0;
    starved[e] = false;
    beat[e] = NOTHING
}

/* ---- the server, for what takes time to answer ----------------------------------------------------------------- */

inline serve_claim(e) {
    d_step {
        REACHED(e) && stage[e] == CLAIMING && mine[e] == 0 ->
            if
            :: MAY_CLAIM -> run_claim(e); mine[e] = token
            :: else -> forget_claim(e)
            fi
    }
}

/* A heartbeat since its lock was missed: it is not dead, however long the lock stays missing. */
inline show_life(e) {
#ifndef WITHOUT_SIGN_OF_LIFE
    if
    :: HOLDING(e) && (watch == MISSING || watch == SILENT) -> watch = SHOWN
    :: else
    fi
#else
    skip
#endif
}

inline serve_renewal(e) {
    d_step {
        REACHED(e) && beat[e] == SENT ->
            if
            :: MAY_RENEW(mine[e]) ->
                assert(token == mine[e]);               /* invariant 2 */
                lease[token] = LEASE;
                due = false;
                beat[e] = YES
            :: else -> beat[e] = NO
            fi;
            show_life(e)
    }
}

/* What its sender gave up runs after all, */
inline serve_stray(e) {
    d_step {
        up && stray[e] != NOTHING && stage[e] != CLAIMING ->
            if
            :: stray[e] == SETTLE -> stray[e] = NOTHING; run_settle(e, token)
            :: stray[e] == CLAIM && MAY_CLAIM -> stray[e] = NOTHING; run_claim(e)
#ifdef WITHOUT_ONE_STATEMENT
            :: stray[e] == INSERT -> stray[e] = NOTHING; ended++; won = mine[e]; check()
#endif
            :: else -> stray[e] = NOTHING
            fi
    }
}

/* or never. */
inline drop_stray(e) {
    d_step { budget > 0 && stray[e] != NOTHING -> stray[e] = NOTHING }
}

proctype server() {
end:
    do
    :: serve_claim(0)
    :: serve_claim(1)
    :: serve_renewal(0)
    :: serve_renewal(1)
    :: serve_stray(0)
    :: serve_stray(1)
    :: drop_stray(0)
    :: drop_stray(1)
    od
}

/* ---- an executor's slot ---------------------------------------------------------------------------------------- */

/* The first claim is executor 0's: the two are alike. */
inline send_claim(e) {
    d_step {
        ACTS(e) && linked[e] && stage[e] == IDLE && stray[e] == NOTHING && DUE && claims < CLAIMS && (e == 0 || claims > 0) ->
            stage[e] = CLAIMING;
            pledge[e] = LEASE
    }
}

inline start_work(e) {
    d_step {
        FREE(e) && stage[e] == CLAIMING && mine[e] != 0 ->
            stage[e] = WORKING;
            ffmpeg[e] = true;
            trust[e] = pledge[e];
            pledge[e] = 0
    }
}

inline finish_work(e) {
    d_step { FREE(e) && stage[e] == WORKING -> stop_ffmpeg(e); stage[e] = UPLOADING }
}

inline fail_work(e) {
    d_step { FREE(e) && stage[e] == WORKING -> stop_ffmpeg(e); stage[e] = FAILING; trust[e] = 0 }
}

inline finish_upload(e) {
    d_step { FREE(e) && stage[e] == UPLOADING -> object[KEY(mine[e])] = mine[e]; stage[e] = SETTLING; trust[e] = 0; check() }
}

inline settle(e) {
    d_step {
        ACTS(e) && stage[e] == SETTLING ->
            if
            :: MAY_SETTLE(mine[e]) ->
                run_settle(e, mine[e]);
#ifndef WITHOUT_ONE_STATEMENT
                forget_claim(e)
#else
                stage[e] = ASKING
#endif
#ifdef WITHOUT_LOOK
            :: else -> stage[e] = LOSING
#else
            :: else -> stage[e] = ASKING
#endif
            fi
    }
}

/* Before anything else: in history, in the row, or lost? */
inline look_up(e) {
    d_step {
        ACTS(e) && stage[e] == ASKING ->
            if
            :: won == mine[e] -> forget_claim(e)
            :: HOLDS(mine[e]) -> stage[e] = SETTLING
#ifdef WITHOUT_ONE_STATEMENT
            :: stray[e] == INSERT -> skip
#endif
            :: else -> stage[e] = LOSING
            fi
    }
}

inline count_failure(e) {
    d_step {
        ACTS(e) && stage[e] == FAILING ->
            if
            :: MAY_FAIL(mine[e]) -> leave_row(mine[e], COUNTED, FAILED); strikes++; forget_claim(e); check()
            :: else -> stage[e] = LOSING
            fi
    }
}

/* Invariant 5: by its own clock, before the lease can end. Who settles goes on: only the token decides there. */
#define CAN_STOP(e) (stage[e] == WORKING || stage[e] == UPLOADING)

inline fence(e) {
    d_step {
        FREE(e) && CAN_STOP(e) && trust[e] <= 1 ->
            stop_ffmpeg(e);
            trust[e] = 0;
            beat[e] = NOTHING;
            pledge[e] = 0;
            stage[e] = FENCED
    }
}

/* First give the claim back, then delete. */
inline release(e) {
    d_step {
        ACTS(e) && stage[e] == FENCED ->
            if
            :: MAY_RELEASE(mine[e]) ->
                leave_row(mine[e], RELEASED, PENDING);
                object[KEY(mine[e])] = 0;
                forget_claim(e);
                check()
            :: else -> stage[e] = ASKING
            fi
    }
}

/* Write nothing more and delete one's own output; meanwhile the listener notices that its connection is dead. Only who
 * was cut off from the database asks for its strike. */
#ifdef WITHOUT_CUT_OFF_MARK
#define KNOWS_ITS_LISTENER(e) true
#else
#define KNOWS_ITS_LISTENER(e) (lock[e] || starved[e])
#endif
inline lose(e) {
    d_step {
        FREE(e) && stage[e] == LOSING && KNOWS_ITS_LISTENER(e) ->
            stop_ffmpeg(e);
            trust[e] = 0;
            beat[e] = NOTHING;
            pledge[e] = 0;
            object[KEY(mine[e])] = 0;
            if
#ifndef WITHOUT_TAKE_BACK
            :: starved[e] -> stage[e] = TAKING_BACK
#endif
            :: else -> forget_claim(e)
            fi;
            check()
    }
}

#ifdef WITHOUT_TAKE_BACK_ONCE
#define MAY_TAKE_BACK(t) ((outcome[t] == LOST || outcome[t] == RELEASED) && strikes > 0)
#else
#define MAY_TAKE_BACK(t) (outcome[t] == LOST)
#endif

inline run_take_back(t) {
    if
    :: MAY_TAKE_BACK(t) ->
        outcome[t] = RELEASED;
        stays[t] = false;
        strikes--
    :: else
    fi;
    check()
}

inline take_back(e) {
    d_step { ACTS(e) && stage[e] == TAKING_BACK -> run_take_back(mine[e]); forget_claim(e) }
}

/* A claim of this process that none of its slots knows: the answer to the claim's COMMIT was lost. */
inline release_unknown(e) {
#ifdef WITHOUT_RELEASE_OF_UNKNOWN
    false
#else
    d_step { ACTS(e) && stage[e] == IDLE && HOLDING(e) -> assert(!killed); leave_row(token, RELEASED, PENDING); check() }
#endif
}

/* ---- its heartbeat --------------------------------------------------------------------------------------------- */

#define RENEWS(e) (CAN_STOP(e) || stage[e] == SETTLING || stage[e] == ASKING || stage[e] == FAILING)

#ifdef WITHOUT_HURRIED_HEARTBEAT
#define IS_HURRIED(e) false
#else
#define IS_HURRIED(e) (HOLDING(e) && watch == MISSING)
#endif

inline send_renewal(e) {
    d_step { ACTS(e) && linked[e] && RENEWS(e) && beat[e] == NOTHING && (due || IS_HURRIED(e) || (CAN_STOP(e) && trust[e] < LEASE)) -> beat[e] = SENT; pledge[e] = LEASE }
}

/* A token that is not ours any more stops the work; a slot that settles finds out for itself. */
inline read_renewal(e) {
    d_step {
        FREE(e) && (beat[e] == YES || beat[e] == NO) ->
            if
#ifdef WITHOUT_CAUTIOUS_TRUST
            :: beat[e] == YES && CAN_STOP(e) -> trust[e] = LEASE
#else
            :: beat[e] == YES && CAN_STOP(e) -> trust[e] = pledge[e]
#endif
#ifdef WITHOUT_LOOK_AFTER_RENEWAL
            :: beat[e] == NO && RENEWS(e) -> stop_ffmpeg(e); stage[e] = LOSING
#else
            :: beat[e] == NO && (stage[e] == WORKING || stage[e] == UPLOADING) -> stop_ffmpeg(e); stage[e] = LOSING
#endif
            :: else
            fi;
            beat[e] = NOTHING;
            pledge[e] = 0
    }
}

/* ---- its compensation pass ------------------------------------------------------------------------------------- */

inline lose_claim(is_just) {
    assert(is_just);                                    /* invariants 6 and 7: never that of an executor that is well */
    /* Nor can a strike be taken back by who never learned of its claim and was then cut off for a whole lease. */
    stays[token] = explained || holder == NOBODY || mine[holder] != token || stage[holder] == CLAIMING;
    strikes++;
    leave_row(token, LOST, FAILED);
    check()
}

#ifdef WITHOUT_HOLD_OFF
#define MAY_COMPENSATE(e) (ACTS(e) && linked[e])
#else
#define MAY_COMPENSATE(e) (ACTS(e) && linked[e] && hold[e] == 0)
#endif
#ifdef WITHOUT_COMPENSATION_GUARD
/* Look first, write later, and do not look again. */
inline compensate(e) {
    d_step { MAY_COMPENSATE(e) && suspect[e] == 0 && status == PROCESSING && lease[token] == 0 -> suspect[e] = token }
}
inline compensate_late(e) {
    d_step {
        MAY_COMPENSATE(e) && suspect[e] != 0 ->
            if
            :: status == PROCESSING -> assert(lease[token] == 0); lose_claim(excused || fresh[e])
            :: else
            fi;
            suspect[e] = 0
    }
}
#else
inline compensate(e) {
    d_step { MAY_COMPENSATE(e) && status == PROCESSING && lease[token] == 0 -> lose_claim(excused || fresh[e]) }
}
#endif

/* ---- its look at the locks of others --------------------------------------------------------------------------- */

/* It looks through its own listener, and every look is every looker's: more is seen than in truth. When both listeners lost theirs, both begin to look anew. Then a third executor
 * matters that has nothing else to do with the task: the onlooker, whose connection holds. */
#define SEES(e) (ACTS(e) && lock[e] && linked[e] && !many)
#define ONLOOKER NOBODY
#ifdef WITHOUT_LOCK_HOLD_OFF
#define IS_CALM(e) true
#else
#define IS_CALM(e) (hold[e] == 0)
#endif
/* What happens within the grace: who is connected takes its lock again, or shows by a heartbeat that it lives. */
#if defined(WITHOUT_SIGN_OF_LIFE) || defined(WITHOUT_HURRIED_HEARTBEAT)
#define IS_IN_TIME(e) (e != NOBODY && ACTS(e) && linked[e] && !mute[e])
#else
#define IS_IN_TIME(e) (e != NOBODY && ACTS(e) && linked[e])
#endif
#ifdef WITHOUT_GRACE
#define IS_OVERDUE (watch == MISSING || watch == SILENT)
#else
#define IS_OVERDUE (watch == SILENT)
#endif

inline look() {
    d_step { up && status == PROCESSING && !lock[holder] && watch == THERE -> watch = MISSING }
}

inline pass_grace() {
    d_step { up && watch == MISSING && !IS_IN_TIME(holder) -> watch = SILENT }
}

inline judge_dead(e) {
    d_step { SEES(e) && IS_CALM(e) && holder != e && IS_OVERDUE && doomed == 0 -> doomed = holder + 1; excused = excused || fresh[e] }
}

inline judge_dead_of_many() {
    d_step { up && many && hold[ONLOOKER] == 0 && IS_OVERDUE && doomed == 0 -> doomed = holder + 1 }
}

/* A statement of its own, however much later: whoever judged may have been suspended in between. */
#ifdef WITHOUT_SECOND_LOOK_AT_LOCK
#define IS_STILL_GONE(h) true
#else
#define IS_STILL_GONE(h) (!lock[h])
#endif
inline compensate_dead() {
    d_step {
        up && doomed != 0 ->
            if
            :: status == PROCESSING && holder + 1 == doomed && IS_STILL_GONE(holder) -> lose_claim(excused && !lock[holder])
            :: else
            fi;
            doomed = 0
    }
}

inline hold_off(e) {
    d_step {
        ACTS(e) && !linked[e] ->
            linked[e] = true;
            fresh[e] = false;
            hold[e] = (status == PROCESSING -> LEASE : 0)
    }
}

/* Until its lock is back, what it works on counts as cut off. */
inline mark_cut_off(e) {
#ifndef WITHOUT_CUT_OFF_MARK
    starved[e] = starved[e] || stage[e] != IDLE
#else
    skip
#endif
}

inline lose_listener(e) {
    d_step { FREE(e) && !lock[e] && stage[e] != IDLE && !starved[e] -> mark_cut_off(e) }
}

inline take_lock(e) {
    d_step {
        ACTS(e) && linked[e] && !lock[e] && !mute[e] ->
            lock[e] = true;
            mark_cut_off(e);
            if
            :: HOLDING(e) -> watch = THERE
            :: else
            fi
    }
}

/* It looks again a day later, when whoever held the claim has come to its end; here: as often as there is something. */
inline sweep(t) {
#ifdef WITHOUT_SECOND_LOOK
    d_step { up && IS_ENDED(t) && !swept[t] -> object[t] = 0; swept[t] = true }
#else
#ifdef WITHOUT_SWEEP_OF_ENDED_ONLY
    d_step { up && object[t] != 0 && won != t -> object[t] = 0; check() }
#else
    d_step { up && object[t] != 0 && IS_ENDED(t) -> object[t] = 0; check() }
#endif
#endif
}

proctype executor(byte me) {
end:
    do
    :: send_claim(me)
    :: start_work(me)
    :: finish_work(me)
    :: fail_work(me)
    :: finish_upload(me)
    :: settle(me)
    :: look_up(me)
    :: count_failure(me)
    :: fence(me)
    :: release(me)
    :: lose(me)
    :: take_back(me)
    :: release_unknown(me)
    :: send_renewal(me)
    :: read_renewal(me)
    :: compensate(me)
#ifdef WITHOUT_COMPENSATION_GUARD
    :: compensate_late(me)
#endif
    :: judge_dead(me)
    :: hold_off(me)
#ifndef WITHOUT_CUT_OFF_MARK
    :: lose_listener(me)
#endif
    :: take_lock(me)
    od
}

proctype sweeper() {
end:
    do
    :: sweep(1)
    :: sweep(2)
    :: sweep(CLAIMS)
    od
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

#ifdef WITHOUT_SELF_FENCE
#define MUST_FENCE(e) false
#else
#define MUST_FENCE(e) (FREE(e) && ffmpeg[e] && trust[e] <= 1)
#endif
#define MUST_ACT(e) (ACTS(e) && ((due && HOLDING(e)) || !linked[e] || (!lock[e] && !mute[e])))
#define IS_BUSY     (status == PROCESSING || ffmpeg[0] || ffmpeg[1])

inline count_down(value) {
    value = (value > 0 -> value - 1 : 0)
}

#if CLAIMS > 2
#define count_down_last() count_down(lease[CLAIMS])
#else
#define count_down_last() skip
#endif

inline age(e) {
    count_down(hold[e]);
    /* What it asked in this tick got no answer. */
    starved[e] = starved[e] || (FREE(e) && !REACHED(e) && (RENEWS(e) || stage[e] == FENCED || stage[e] == CLAIMING));
#ifdef WITHOUT_SUSPENDED_TIME
    trust[e] = (paused[e] || trust[e] == 0 -> trust[e] : trust[e] - 1);
#else
    count_down(trust[e]);
#endif
    count_down(pledge[e]);
    /* Invariant 5: who is not stopped runs no ffmpeg beyond the lease. */
    assert(!ffmpeg[e] || (alive[e] && paused[e]) || lease[mine[e]] > 0)
}

inline pass_time() {
    d_step {
        IS_BUSY && !MUST_FENCE(0) && !MUST_FENCE(1) && !MUST_ACT(0) && !MUST_ACT(1) ->
            count_down(lease[1]);
            count_down(lease[2]);
            count_down_last();
            age(0);
            age(1);
            count_down(hold[ONLOOKER]);
            /* An outage for everybody excuses nobody before the lease has run out. */
            excused = excused || (holder != NOBODY && partitioned[holder] && lease[token] == 0);
            due = (status == PROCESSING)
    }
}

proctype onlooker() {
end:
    do
    :: look()
    :: judge_dead_of_many()
    :: compensate_dead()
    od
}

proctype clock() {
end:
    do
    :: pass_time()
    :: pass_grace()
    od
}

/* ---- what goes wrong ------------------------------------------------------------------------------------------- */

#define BUSY(e) (alive[e] && (stage[e] != IDLE || HOLDING(e)))

inline blame(e) {
    excused = excused || HOLDING(e)
}

inline explain(e) {
    excused = excused || HOLDING(e);
    explained = explained || HOLDING(e)
}

/* SIGSTOP, or a machine that sleeps; SIGCONT. */
inline stop(e) { d_step { MAY(STOPS) && FREE(e) && BUSY(e) -> spend(); paused[e] = true; explain(e) } }
inline continue_(e) { d_step { paused[e] -> paused[e] = false } }

/* The claim's connection dies: it never runs, or its answer is lost; or it runs when nobody expects it. */
inline cut_claim(e) { d_step { MAY(CUTS) && alive[e] && stage[e] == CLAIMING -> spend(); forget_claim(e) } }
inline cut_claim_late(e) { d_step { MAY(CUTS) && alive[e] && stage[e] == CLAIMING && mine[e] == 0 -> spend(); stray[e] = CLAIM; forget_claim(e) } }
/* The settling's: it ran and its answer is lost, or it did not run yet. */
#ifdef WITHOUT_LOOK
#define AFTER_CUT SETTLING
#else
#define AFTER_CUT ASKING
#endif
inline cut_settle(e) {
    d_step { MAY(CUTS) && ACTS(e) && stage[e] == SETTLING && HOLDS(mine[e]) -> spend(); run_settle(e, mine[e]); stage[e] = AFTER_CUT }
}
inline cut_settle_late(e) {
    d_step {
        MAY(CUTS) && ACTS(e) && stage[e] == SETTLING && HOLDS(mine[e]) && stray[e] == NOTHING -> spend(); stray[e] = SETTLE; stage[e] = AFTER_CUT
    }
}
/* The take-back's, after it ran. */
inline cut_take_back(e) { d_step { MAY(CUTS) && ACTS(e) && stage[e] == TAKING_BACK -> spend(); run_take_back(mine[e]) } }
/* The renewal's, before or after it ran. */
inline cut_renewal(e) { d_step { MAY(CUTS) && beat[e] != NOTHING -> spend(); beat[e] = NOTHING; pledge[e] = 0 } }

/* The listener's backend is terminated; mute: and something keeps it from coming back. */
inline terminate(e) { d_step { MAY(LOCKS) && FREE(e) && HOLDING(e) && lock[e] -> spend(); lock[e] = false } }
inline silence(e) { d_step { MAY(LOCKS) && FREE(e) && HOLDING(e) && lock[e] -> spend(); lock[e] = false; mute[e] = true } }
inline unmute(e) { d_step { mute[e] -> mute[e] = false } }

/* A partition: nothing arrives in either direction. The server drops the dead connections some time. */
inline partition(e) { d_step { MAY(PARTITIONS) && BUSY(e) && !partitioned[e] -> spend(); partitioned[e] = true; linked[e] = false; blame(e) } }
inline drop_lock(e) { d_step { partitioned[e] && lock[e] && HOLDING(e) -> lock[e] = false } }
inline drop_dead_lock() { d_step { up && lock[NOBODY] -> lock[NOBODY] = false } }
inline heal(e) { d_step { partitioned[e] -> partitioned[e] = false } }

/* The same for both at once, with both locks gone; the onlooker, nearer to the database, sees them vanish together. What
 * the other one does in its own partition is nothing new: only the holder's is told. */
inline partition_all(e) {
    d_step {
        MAY(OUTAGES) && HOLDING(e) && alive[e] && !partitioned[e] && lock[e] ->
            spend();
            many = true;
#ifndef WITHOUT_HOLD_OFF_FOR_MANY
            hold[ONLOOKER] = LEASE;
#endif
            partitioned[e] = true;
            linked[e] = false;
            lock[e] = false
    }
}

/* kill -9. ffmpeg dies with it; whoever starts again is somebody else. */
inline kill_(e) {
    d_step {
        MAY(KILLS) && BUSY(e) ->
            spend();
            explain(e);
            stays[mine[e]] = stays[mine[e]] || outcome[mine[e]] == LOST;
            if
            :: stage[e] == SETTLING && HOLDS(mine[e]) && stray[e] == NOTHING -> stray[e] = SETTLE
            :: stray[e] == CLAIM -> stray[e] = NOTHING
            :: else
            fi;
            if
            :: HOLDING(e) ->
                due = false;
                killed = true;
                watch = THERE;
#ifndef WITHOUT_NEW_IDENTITY
                holder = NOBODY;
                lock[NOBODY] = lock[e] && partitioned[e];
                doomed = (doomed == e + 1 -> NOBODY + 1 : doomed);
            :: doomed == e + 1 && !HOLDING(e) -> doomed = 0
#endif
            :: else
            fi;
#ifdef WITHOUT_DEATH_OF_FFMPEG
            if
            :: ffmpeg[e] -> stage[e] = IDLE
            :: else -> forget_claim(e)
            fi;
#else
            forget_claim(e);
#endif
            suspect[e] = 0;
            alive[e] = false;
            paused[e] = false;
            mute[e] = false;
            linked[e] = false;
            lock[e] = false;
            hold[e] = 0
    }
}

/* A statement that its dead sender had sent may also get lost: drop_stray. */
inline start(e) {
    d_step {
        up && !partitioned[e] && !alive[e] ->
            forget_claim(e);
            alive[e] = true;
            linked[e] = true;
            lock[e] = true;
            fresh[e] = outage
    }
}

/* kill -9 of a backend, or the server's node dies: every connection and every lock is gone. */
inline crash() {
    d_step {
        MAY(CRASHES) && up && status == PROCESSING ->
            spend();
            up = false;
            outage = true;
            stray[0] = NOTHING;
            stray[1] = NOTHING;
            beat[0] = NOTHING;
            beat[1] = NOTHING;
            if
            :: stage[0] == CLAIMING -> forget_claim(0)
            :: else
            fi;
            if
            :: stage[1] == CLAIMING -> forget_claim(1)
            :: else
            fi;
            watch = THERE;
            doomed = 0;
            many = false;
            hold[ONLOOKER] = 0;
            linked[0] = false;
            linked[1] = false;
            lock[0] = false;
            lock[1] = false;
            lock[NOBODY] = false
    }
}

inline recover() { d_step { !up -> up = true } }

/* A person cancels the task: one guarded statement. */
inline cancel() {
    d_step {
        MAY(CANCELS) && up && status != GONE ->
            spend();
            if
            :: status == PROCESSING -> leave_row(token, CANCELLED, GONE)
            :: else -> status = GONE
            fi;
            ended++;
            check()
    }
}

proctype faults() {
end:
    do
    :: d_step { budget > 0 -> budget = 0 }
    :: stop(0)
    :: stop(1)
    :: continue_(0)
    :: continue_(1)
    :: cut_claim(0)
    :: cut_claim(1)
    :: cut_claim_late(0)
    :: cut_claim_late(1)
    :: cut_settle(0)
    :: cut_settle(1)
    :: cut_settle_late(0)
    :: cut_settle_late(1)
    :: cut_take_back(0)
    :: cut_take_back(1)
    :: cut_renewal(0)
    :: cut_renewal(1)
    :: terminate(0)
    :: terminate(1)
    :: silence(0)
    :: silence(1)
    :: unmute(0)
    :: unmute(1)
    :: partition(0)
    :: partition(1)
    :: drop_lock(0)
    :: drop_lock(1)
    :: drop_dead_lock()
    :: partition_all(0)
    :: partition_all(1)
    :: heal(0)
    :: heal(1)
    :: kill_(0)
    :: kill_(1)
    :: start(0)
    :: start(1)
    :: crash()
    :: recover()
    :: cancel()
    od
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

#define LOSER_LEFT(t) (object[t] != 0 && won != t)
#define UNJUST(t)     (outcome[t] == LOST && !stays[t])

/* Reached when nothing can happen any more: the task ended once, or waits for a person, or the claims are used up. */
proctype judge() {
end:
    timeout ->
        assert(budget == 0);
        assert(mine[0] == 0 && mine[1] == 0 && !ffmpeg[0] && !ffmpeg[1]);
        assert(status != PROCESSING);
        assert(status != GONE || ended == 1);
        assert(status == GONE || strikes == LIMIT || claims == CLAIMS);
        assert(!LOSER_LEFT(1) && !LOSER_LEFT(2) && !LOSER_LEFT(CLAIMS));
        /* Invariant 7: a strike that stays is explained by a process that was killed or stopped. */
        assert(!UNJUST(1) && !UNJUST(2) && !UNJUST(CLAIMS))
}

init {
    atomic {
        lock[NOBODY] = false;
        run executor(0);
        run executor(1);
        run server();
        run sweeper();
        run onlooker();
        run clock();
        run faults();
        run judge()
    }
}
