#!/bin/sh
# Produces the header tree that pathwise-frr compiles against.
#   frr-headers.sh <unpacked Debian frr source> <destination>
# The configure options are read out of debian/rules so that they stay Debian's own.
set -eu
src=$1
dst=$2
cd "$src"
[ -x configure ] || ./bootstrap.sh
# The arguments of dh_auto_configure, up to the first comment; make variables that only
# switch optional daemons are dropped, the architecture's is filled in.
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
options=$(awk '/dh_auto_configure --/ {take=1; sub(/.*dh_auto_configure --/, "")}
               take {line=$0; more=sub(/\\$/, "", line); if (line ~ /#/) exit; print line; if (!more) exit}' debian/rules |
          tr '\n\t' '  ' | sed "s/\$(DEB_HOST_MULTIARCH)/$multiarch/g; s/\$([A-Z0-9_]*)//g")
echo "configure options from debian/rules: $options"
eval "./configure --build=$(dpkg-architecture -qDEB_BUILD_GNU_TYPE) --prefix=/usr --sysconfdir=/etc --localstatedir=/var \
  --disable-option-checking $options"
make lib/route_types.h lib/version.h lib/mgmt.pb-c.h
mkdir -p "$dst"
cp config.h "$dst/"
find lib include zebra -name '*.h' -exec cp --parents {} "$dst" \;
dpkg-parsechangelog -S Version > "$dst/VERSION"
