/**
 * html/assets.h - reports/html's style and script, put into C by embed.cmake, with a zero behind, and the policy that
 * lets in them alone.
 */
#ifndef REPORTS_HTML_ASSETS_H
#define REPORTS_HTML_ASSETS_H

extern const unsigned char html_style[];
extern const unsigned char html_script[];
/** A Content-Security-Policy with the hashes of both. */
extern const char html_policy[];

#endif
