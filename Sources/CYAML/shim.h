// SPDX-License-Identifier: Apache-2.0
// libyaml (Debian libyaml-dev): reads the YAML files that people write.
#include <yaml.h>
