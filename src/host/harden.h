/* First thing in main: what the kernel can do to keep the key in here. */
#ifndef HOST_HARDEN_H
#define HOST_HARDEN_H

/* No core dumps, no reading by other processes of the user, no SIGPIPE death,
 * private files, no privileges by exec, no inherited descriptors but 0-2. */
void harden_process(void);

/* Keep the real standard output for the protocol and let everything that
 * prints go to stderr: one stray byte closes the editor's channel. Returns the
 * descriptor, or -1. */
int harden_take_stdout(void);

#endif
