/* How many cases of a costly property a build tries: all of them in the release build, every
 * third where sanitizers make each several times as long. */
#ifndef VALIDATION_UNIT_LOOPS_H
#define VALIDATION_UNIT_LOOPS_H

#ifdef __SANITIZE_ADDRESS__
enum { LOOPS_SHARE = 3 };
#else
enum { LOOPS_SHARE = 1 };
#endif

#define LOOPS(cases) (((cases) + LOOPS_SHARE - 1) / LOOPS_SHARE)

#endif
