using System.Globalization;
using Orchestration.Core.Judging.Code;

namespace Orchestration.Core.Configuration;

/// <summary>Reads the block <c>panels</c>. What depends on a rubric is checked when the panel is made.</summary>
internal static class PanelReader
{
    private const string Cure = "Write '{rubric: truthfulness, members: [{deployment: gpt-mini}, {deployment: local, profile: a strict grader}], rounds: 2}'.";
    private const int MaxMembers = 20;
    private const int MaxRounds = 5;
    private const int MaxProfile = 2000;

    public static Dictionary<string, PanelConfig> Read(
        ConfigurationSection top, IReadOnlyDictionary<string, IReadOnlyList<string>> judgeSets, IReadOnlyCollection<string> deployments, Func<string, bool> isName)
    {
        var result = new Dictionary<string, PanelConfig>(StringComparer.Ordinal);
        if (top.Section("panels", "Write a name and '{rubric: …, members: […]}'.") is not { } all) return result;
        foreach (var name in all.Keys)
        {
            if (!isName(name))
                all.Problem(name, $"panels has the name {SecretShape.Quote(name)}. A name has letters, digits, '.', '-' and '_', and begins with a letter or digit.");
            if (judgeSets.ContainsKey(name) || deployments.Contains(name, StringComparer.Ordinal) || name == CodePanelJudge.Id || CodeJudges.Find(name) is not null)
                all.Problem(name, $"{all.Option(name)} has the name of another judge, judge set or deployment, so that --judges could mean either. Choose another.");
            if (all.Section(name, Cure) is { } section && Panel(name, section, deployments) is { } panel) result[name] = panel;
        }

        return result;
    }

    private static PanelConfig? Panel(string name, ConfigurationSection section, IReadOnlyCollection<string> deployments)
    {
        var rubric = section.RequiredText("rubric", "Name the rubric that all members judge by.");
        if (!section.Has("members")) section.Problem("members", $"{section.Option("members")} is missing. List at least two: '- deployment: gpt-mini'.");
        var entries = section.Sections("members", "Write '- {deployment: gpt-mini, profile: a strict grader}' for each.");
        if (entries is not null && entries.Count is < 2 or > MaxMembers)
            section.Problem("members", string.Create(CultureInfo.InvariantCulture, $"{section.Option("members")} has {entries.Count}; a panel has 2 to {MaxMembers} members."));
        var members = (entries ?? []).Select(entry => Member(entry, deployments)).ToArray();
        var rounds = section.Integer("rounds", 1, MaxRounds, "rounds") ?? 1;
        var final = section.OneOf("final", ("mean", PanelFinal.Mean), ("vote", PanelFinal.Vote), ("judge", PanelFinal.Judge));
        var closing = Closing(section, deployments);
        var share = section.Number("min-share", 0, 1, "a share of the members");
        if (share is 0) section.Problem("min-share", $"{section.Option("min-share")} is 0: a panel of which nobody judged has no judgment. Write more than 0, or take it out for more than half.");
        if (final == PanelFinal.Judge && !section.Has("closing"))
            section.Problem("final", $"{section.Option("final")} is judge, and nobody closes. Add 'closing: DEPLOYMENT'.");
        if (final != PanelFinal.Judge && section.Has("closing"))
            section.Problem("closing", $"{section.Option("closing")} is set, but nobody closes without 'final: judge'. Add that, or take it out.");
        section.RefuseUnknown();
        if (rubric is null || members.Any(m => m is null)) return null;
        return new PanelConfig { Name = name, Rubric = rubric.Trim(), Members = [.. members.Select(m => m!)], Rounds = rounds, Final = final, Closing = closing, MinShare = share };
    }

    private static PanelMemberConfig? Closing(ConfigurationSection section, IReadOnlyCollection<string> deployments)
    {
        if (!section.Has("closing")) return null;
        if (!section.IsScalar("closing"))
            return section.Section("closing", "Write a deployment's name, or {deployment, profile, protocol}.") is { } block ? Member(block, deployments) : null;
        if (section.Text("closing")?.Trim() is not { } deployment) return null;
        CheckDeployment(section, "closing", deployment, deployments);
        return new PanelMemberConfig(deployment);
    }

    private static PanelMemberConfig? Member(ConfigurationSection entry, IReadOnlyCollection<string> deployments)
    {
        var deployment = entry.RequiredText("deployment", "Name the deployment that this member calls.")?.Trim();
        if (deployment is not null) CheckDeployment(entry, "deployment", deployment, deployments);
        var profile = entry.Text("profile")?.Trim();
        if (profile?.Length > MaxProfile)
            entry.Problem("profile", string.Create(CultureInfo.InvariantCulture, $"{entry.Option("profile")} has {profile.Length} characters; {MaxProfile} at most. What is to be judged belongs into the rubric."));
        var protocol = entry.Text("protocol")?.Trim();
        entry.RefuseUnknown();
        return deployment is null ? null : new PanelMemberConfig(deployment, profile, protocol);
    }

    private static void CheckDeployment(ConfigurationSection section, string key, string deployment, IReadOnlyCollection<string> deployments)
    {
        if (deployments.Contains(deployment, StringComparer.Ordinal)) return;
        var nearest = NearestName.Of(deployment, deployments);
        section.Problem(key, $"{section.Option(key)} is {SecretShape.Quote(deployment)}, but no deployment is called that. "
            + (nearest is null ? "Add it under 'deployments'." : $"Did you mean '{nearest}'?"));
    }
}
