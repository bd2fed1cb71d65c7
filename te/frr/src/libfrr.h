// SPDX-License-Identifier: GPL-2.0-or-later
// libfrr's headers for C++. Only zebra_client.cc, zapi_link_state.cc and zapi_route.cc include this.
// Debian's build options decide the layout of zserv's structs: the assertions fail on another build.
#pragma once

#ifdef __clang__  // of FRR's headers, and of what its macros expand to in our files
#pragma clang diagnostic ignored "-Wkeyword-macro"
#pragma clang diagnostic ignored "-Wgnu-statement-expression-from-macro-expansion"
#endif

#include <zebra.h>

// vrf.h and srv6.h pull in FRR's command line, and with it libyang, for the names of two structs. The
// command line's headers are kept out.
#define _ZEBRA_VTY_H
#define _QUAGGA_JSON_H
struct vty;
struct json_object;

#include "lib/defaults.h"
#include "lib/frrevent.h"
#include "lib/srv6.h"
#include "lib/stream.h"
#include "lib/version.h"
#include "lib/zclient.h"
#define delete delete_  // link_state.h names a parameter so
#include "lib/link_state.h"
#undef delete

static_assert(sizeof(void*) != 8 || (sizeof(zclient) == 0xd10 && sizeof(zapi_route) == 0x27498),
              "libfrr's headers were configured with other options than Debian's libfrr was");
