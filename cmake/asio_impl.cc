// SPDX-License-Identifier: Apache-2.0
// The one place where Asio's own functions are compiled: every user of the `asio` target has
// BOOST_ASIO_SEPARATE_COMPILATION and links this, so that its translation units stay small.
#include <boost/asio/impl/src.hpp>
