// SPDX-License-Identifier: Apache-2.0
#include "pcep/session/capabilities.h"

namespace pathwise::pcep {

Tlvs to_tlvs(const Capabilities& capabilities) {
  Tlvs tlvs;
  if (capabilities.stateful) {
    const std::uint32_t flags =
        (capabilities.update ? kCapabilityUpdate : 0) | (capabilities.instantiation ? kCapabilityInstantiation : 0);
    tlvs.emplace_back(StatefulPceCapabilityTlv{flags});
  }
  if (capabilities.srv6) {
    PathSetupTypeCapabilityTlv setup;
    setup.types = {PathSetupType::kSrv6};
    setup.sub_tlvs.emplace_back(Srv6PceCapability{.msds = capabilities.msds});
    tlvs.emplace_back(std::move(setup));
  }
  if (!capabilities.associations.empty()) tlvs.emplace_back(AssocTypeListTlv{capabilities.associations});
  if (!capabilities.speaker.empty()) tlvs.emplace_back(SpeakerEntityIdTlv{capabilities.speaker});
  return tlvs;
}

std::expected<Capabilities, ErrorCodePoint> capabilities_of(const OpenObject& open) {
  Capabilities capabilities;
  if (const auto* stateful = find<StatefulPceCapabilityTlv>(open.tlvs)) {
    capabilities.stateful = true;
    capabilities.update = (stateful->flags & kCapabilityUpdate) != 0;
    capabilities.instantiation = (stateful->flags & kCapabilityInstantiation) != 0;
  }
  const auto* setup = find<PathSetupTypeCapabilityTlv>(open.tlvs);
  if (setup != nullptr && setup->offers(PathSetupType::kSrv6)) {
    const Srv6PceCapability* srv6 = setup->srv6();
    if (srv6 == nullptr) return std::unexpected(errors::kMissingSrv6Capability);
    capabilities.srv6 = true;
    capabilities.msds = srv6->msds;
  }
  if (const auto* list = find<AssocTypeListTlv>(open.tlvs)) capabilities.associations = list->types;
  if (const auto* speaker = find<SpeakerEntityIdTlv>(open.tlvs)) capabilities.speaker = speaker->id;
  return capabilities;
}

}  // namespace pathwise::pcep
