/*
 * Root may do what permissions forbid, so a test of a refusal would not see
 * one. With these root is as anybody: uid and files stay what they are. For
 * other users they do nothing. Where root cannot be so, the test is skipped.
 */
#ifndef TEST_ROOT_H
#define TEST_ROOT_H

/* This process, and what it is allowed again. */
void root_off(void);
void root_on(void);
/* Programs that it starts from now on, for good; not itself. */
void root_off_below(void);

#endif
