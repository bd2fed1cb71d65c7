// SPDX-License-Identifier: Apache-2.0
#include "command_table.h"

#include "base/format.h"

namespace pathwise::cli {
namespace {

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::string names() {
  std::vector<std::string_view> all;
  for (const CommandWords& command : command_words()) all.push_back(command.name);
  return joined(all);
}

std::string bash() {
  std::string out = formatted(
      "# pathwise completion bash > /usr/share/bash-completion/completions/pathwise\n"
      "_pathwise() {{\n"
      "  local words=\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    words=\"{}\"\n"
      "  else\n"
      "    case \"${{COMP_WORDS[1]}}\" in\n",
      names());
  for (const CommandWords& command : command_words()) {
    out += formatted("      {})\n", command.name);
    if (!command.subcommands.empty()) {
      out += formatted("        [ \"$COMP_CWORD\" -eq 2 ] && words=\"{}\"\n", joined(command.subcommands));
    }
    out += formatted("        words=\"$words {}\" ;;\n", joined(command.options));
  }
  return out +
         "    esac\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _pathwise pathwise\n";
}

std::string zsh() {
  std::string out = formatted(
      "#compdef pathwise\n"
      "# pathwise completion zsh > \"${{fpath[1]}}/_pathwise\"\n"
      "_pathwise() {{\n"
      "  if (( CURRENT == 2 )); then\n"
      "    compadd -- {}\n"
      "    return\n"
      "  fi\n"
      "  case $words[2] in\n",
      names());
  for (const CommandWords& command : command_words()) {
    out += formatted("    {})\n", command.name);
    if (!command.subcommands.empty()) {
      out += formatted("      (( CURRENT == 3 )) && compadd -- {}\n", joined(command.subcommands));
    }
    if (!command.options.empty()) out += formatted("      compadd -- {}\n", joined(command.options));
    out += "      _files ;;\n";
  }
  return out + "  esac\n}\ncompdef _pathwise pathwise\n";
}

std::string fish() {
  std::string out = "# pathwise completion fish > ~/.config/fish/completions/pathwise.fish\n";
  for (const CommandWords& command : command_words()) {
    out += formatted("complete -c pathwise -n __fish_use_subcommand -a {}\n", command.name);
    const std::string behind = formatted("complete -c pathwise -n '__fish_seen_subcommand_from {}'", command.name);
    if (!command.subcommands.empty()) out += formatted("{} -a '{}'\n", behind, joined(command.subcommands));
    for (const std::string_view option : command.options) out += formatted("{} -l {}\n", behind, option.substr(2));
  }
  return out;
}

}  // namespace

std::span<const CommandWords> command_words() {
  static const std::vector<CommandWords> kCommands{
      {.name = "lab",
       .help = "  lab preflight                      what this machine lacks to run a lab\n"
               "  lab up|down|status FILE.clab.yml   deploy a containerlab topology, without containerlab\n"
               "  lab exec FILE.clab.yml NODE COMMAND [ARG …]\n",
       .subcommands = {"preflight", "up", "down", "status", "exec"}},
      {.name = "paths",
       .help = "  paths [--json]                     per site and tier: state, active path, SIDs, RTT\n",
       .options = {"--json", "--admin"}},
      {.name = "sites",
       .help = "  sites [--json]                     per site: models, load, age of its digest\n",
       .options = {"--json", "--admin"}},
      {.name = "explain",
       .help = "  explain REQUEST-ID [--json]        why a request went where it went\n",
       .options = {"--json", "--admin"}},
      {.name = "topology",
       .help = "  topology [--json|--dot|--svg FILE] [--file FILE]\n"
               "                                     the network that te computes with, and the tiers' paths over it\n",
       .options = {"--json", "--dot", "--svg", "--te", "--file"}},
      {.name = "te",
       .help =
           "  te explain SITE TIER [--json]      candidate paths: why this one, SIDs by name, computed and measured "
           "delay, history\n"
           "  te verify [SITE [TIER]] [--deadline DURATION] [--json]\n"
           "                                     probes that expire hop by hop: nodes seen beside nodes intended\n",
       .subcommands = {"explain", "verify"},
       .options = {"--json", "--te", "--deadline"}},
      {.name = "lsps",
       .help = "  lsps [--json] [--pce SOCKET]       what a pathwise-pce has computed\n",
       .options = {"--json", "--pce"}},
      {.name = "policy",
       .help =
           "  policy check FILE                  every mistake of a fabric.yaml or node.yaml, with line and column\n"
           "  policy hash-key KEY                the scrypt line of an API key, for fabric.yaml\n",
       .subcommands = {"check", "hash-key"}},
      {.name = "completion",
       .help = "  completion bash|zsh|fish           a script that completes these words in a shell\n",
       .subcommands = {"bash", "zsh", "fish"}},
      {.name = "help", .help = ""},
  };
  return kCommands;
}

std::string usage() {
  std::string out = "usage: pathwise COMMAND …\n";
  for (const CommandWords& command : command_words()) out += command.help;
  return out +
         "paths, sites and explain ask the router at --admin ADDRESS (default unix:/run/pathwise/admin.sock)\n"
         "topology and te ask te, with or without a router, at --te SOCKET (default unix:/run/pathwise/te.sock)\n";
}

Result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash();
  if (shell == "zsh") return zsh();
  if (shell == "fish") return fish();
  return fail(ErrorCode::kInvalidArgument, "there is no completion for '{}', only for bash, zsh and fish", shell);
}

}  // namespace pathwise::cli
