/* `detsim report DB [-o DIR] [--run ID] [--format html|text|json|junit|csv] [--compare DB2]`: from the evidence file
 * to what people read. */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

/* Runs the subcommand; argv[0] is "report". Results go to stdout or into DIR, errors to stderr. Returns the exit
 * status: 0 written, 2 bad usage or not a detsim database, 3 the environment failed. */
int report_main(int argc, char **argv);

#endif
