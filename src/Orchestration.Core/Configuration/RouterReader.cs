using System.Globalization;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Policies;

namespace Orchestration.Core.Configuration;

/// <summary>Reads the blocks <c>experts</c> and <c>router</c>. What depends on a routing model or a judge is checked when the router is made.</summary>
internal static class RouterReader
{
    private const string PolicyCure = "Write 'auto: {rule: cheapest, model: routing.bin, threshold: 0.6}'.";
    private const int MostContext = 100_000_000;
    private static readonly HashSet<string> PolicyOptions = new(StringComparer.Ordinal) { "experts", "model", "threshold", "lambda", "count", "width", "judges", "synthesizer" };

    public static RouterConfig? Read(
        ConfigurationSection top, IReadOnlyDictionary<string, DeploymentConfig> deployments, IReadOnlyDictionary<string, IReadOnlyList<string>> judgeSets, string folder, Func<string, bool> isName)
    {
        var experts = Experts(top, deployments, isName);
        if (top.Section("router", "Write 'default: EXPERT' and 'policies:' below it.") is not { } section)
            return experts.Count == 0 ? null : new RouterConfig { Experts = experts, DefaultExpert = experts[0].Name };
        if (experts.Count == 0) section.Problem("default", "router has no experts. Name them under 'experts:', each with its deployment.");
        var names = experts.Select(static e => e.Name).ToArray();
        var config = new RouterConfig
        {
            Experts = experts,
            DefaultExpert = Named(section, "default", names, "expert") ?? names.FirstOrDefault(),
            Policies = Policies(section, names, judgeSets, folder, isName),
            Explore = section.Number("explore", 0, 0.5, "a share of the requests") ?? 0.02,
            Deadline = Seconds(section, "deadline-seconds", 1, 3600) ?? TimeSpan.FromMinutes(2),
            EmbeddingWait = Seconds(section, "embedding-wait-seconds", 0.01, 60) ?? PromptEmbedding.DefaultWait,
            UsdPerDay = section.Money("usd-per-day", "US dollars a day"),
            Keep = section.OneOf("keep", ("nothing", KeptTraffic.Nothing), ("hash", KeptTraffic.Hash), ("text", KeptTraffic.Text)) ?? KeptTraffic.Nothing,
            KeepFor = TimeSpan.FromDays(section.Integer("keep-days", 1, 3650, "days") ?? 30),
            Quarantines = section.OneOf("quarantine", ("show", false), ("automatic", true)) ?? false,
        };
        if (section.Section("judging", "Write '{judges: JUDGE-SET, share: 0.05}'.") is { } judging)
        {
            config = config with
            {
                JudgeShare = judging.Number("share", 0, 1, "a share of the answers") ?? 0.05,
                Judges = JudgeSet(judging, judgeSets),
                Aggregator = judging.Text("aggregator")?.Trim(),
                JudgesOwnFamily = judging.Flag("own-family") ?? false,
                JudgingUsdPerDay = judging.Money("usd-per-day", "US dollars a day"),
            };
            judging.RefuseUnknown();
        }

        section.RefuseUnknown();
        return config;
    }

    private static List<ExpertConfig> Experts(ConfigurationSection top, IReadOnlyDictionary<string, DeploymentConfig> deployments, Func<string, bool> isName)
    {
        var result = new List<ExpertConfig>();
        if (top.Section("experts", "Write a name and '{deployment: gpt-mini}'.") is not { } all) return result;
        string[] names = [.. all.Keys];
        foreach (var name in names)
        {
            if (!isName(name)) all.Problem(name, $"experts has the name {SecretShape.Quote(name)}. A name has letters, digits, '.', '-' and '_', and begins with a letter or digit.");
            if (name == RouterConfig.DefaultPolicy) all.Problem(name, $"an expert is called '{name}', which as a request's model means the policy. Choose another name.");
            if (all.Section(name, "Write '{deployment: gpt-mini}'.") is not { } section) continue;
            var deployment = section.RequiredText("deployment", "Name the deployment that is called.")?.Trim();
            DeploymentConfig? called = null;
            if (deployment is not null && Named(section, "deployment", [.. deployments.Keys], "deployment") is not null)
            {
                called = deployments[deployment];
                if (called.Kind == DeploymentKind.Reward)
                    section.Problem("deployment", $"{section.Option("deployment")} is '{deployment}', which scores answers and makes none. Name a deployment of kind openai or azure-openai.");
            }

            var expert = new ExpertConfig
            {
                Name = name,
                Deployment = deployment ?? "",
                Family = section.Text("family")?.Trim() ?? called?.Model.Publisher ?? "",
                ContextTokens = section.Integer("context", 1, MostContext, "tokens"),
                MaxOutputTokens = section.Integer("max-output-tokens", 1, 1_000_000, "tokens") ?? called?.MaxOutputTokens ?? ExpertConfig.DefaultMaxOutputTokens,
                Skills = Words(section, "skills", null, "Write '[code, french]'."),
                Fallback = Words(section, "fallback", [.. names.Where(n => n != name)], "Write '[EXPERT, …]'."),
                HedgeAfter = Seconds(section, "hedge-after-seconds", 0.01, 600),
            };
            section.RefuseUnknown();
            result.Add(expert);
        }

        return result;
    }

    private static Dictionary<string, PolicyConfig> Policies(
        ConfigurationSection router, string[] experts, IReadOnlyDictionary<string, IReadOnlyList<string>> judgeSets, string folder, Func<string, bool> isName)
    {
        var result = new Dictionary<string, PolicyConfig>(StringComparer.Ordinal);
        if (router.Section("policies", PolicyCure) is not { } all) return result;
        foreach (var name in all.Keys)
        {
            if (!isName(name)) all.Problem(name, $"router.policies has the name {SecretShape.Quote(name)}. A name has letters, digits, '.', '-' and '_', and begins with a letter or digit.");
            if (all.Section(name, PolicyCure) is not { } section) continue;
            if (!section.Has("rule")) section.Problem("rule", $"{section.Option("rule")} is missing. {PolicyCure}");
            var rule = section.OneOf(
                "rule", ("best", RoutingRule.Best), ("cheapest", RoutingRule.Cheapest), ("net-value", RoutingRule.NetValue), ("nearest", RoutingRule.Nearest), ("clusters", RoutingRule.Clusters),
                ("skills", RoutingRule.Skills), ("two-model", RoutingRule.TwoModel), ("lin-ucb", RoutingRule.LinUcb), ("thompson", RoutingRule.Thompson), ("cascade", RoutingRule.Cascade),
                ("best-of", RoutingRule.BestOf), ("fusion-of", RoutingRule.FusionOf), ("always", RoutingRule.Always));
            var model = section.Text("model")?.Trim();
            var policy = new PolicyConfig
            {
                Name = name,
                Rule = rule ?? RoutingRule.Always,
                Experts = Words(section, "experts", experts, "Write '[EXPERT, …]'."),
                Model = model is null ? null : Path.GetFullPath(model, folder),
                Threshold = section.Number("threshold", -1, 1, "a quality or a gain in it"),
                Lambda = section.Number("lambda", 0, 1e9, "quality for a US dollar") ?? 0,
                Count = section.Integer("count", 1, 1000, "a count"),
                Width = section.Number("width", 0, 1000, "a width"),
                Judges = JudgeSet(section, judgeSets),
                Synthesizer = Named(section, "synthesizer", experts, "expert"),
            };
            section.RefuseUnknown();
            if (rule is null) continue;
            result[name] = policy;
            foreach (var (option, problem) in PolicyRules.Problems(policy, [.. section.Keys.Where(PolicyOptions.Contains)])) section.Problem(option, $"{section.Option(option)} {problem}");
        }

        return result;
    }

    private static string? JudgeSet(ConfigurationSection section, IReadOnlyDictionary<string, IReadOnlyList<string>> judgeSets) =>
        Named(section, "judges", [.. judgeSets.Keys], "judge set");

    private static string? Named(ConfigurationSection section, string key, string[] known, string what)
    {
        if (section.Text(key)?.Trim() is not { } name) return null;
        if (known.Contains(name, StringComparer.Ordinal)) return name;
        var nearest = NearestName.Of(name, known);
        section.Problem(key, $"{section.Option(key)} is {SecretShape.Quote(name)}, but no {what} is called that. "
            + (nearest is not null ? $"Did you mean '{nearest}'?" : known.Length == 0 ? "There are none yet." : string.Create(CultureInfo.InvariantCulture, $"There are: {string.Join(", ", known)}.")));
        return null;
    }

    private static List<string> Words(ConfigurationSection section, string key, string[]? known, string cure)
    {
        var result = new List<string>();
        foreach (var (text, _) in section.Texts(key, cure) ?? [])
        {
            var word = text.Trim();
            if (result.Contains(word, StringComparer.Ordinal)) section.Problem(key, $"{section.Option(key)} names {SecretShape.Quote(word)} twice. Take one out.");
            else if (known is not null && !known.Contains(word, StringComparer.Ordinal))
                section.Problem(key, $"{section.Option(key)} names {SecretShape.Quote(word)}, which is none of the (other) experts: {string.Join(", ", known)}.");
            else result.Add(word);
        }

        return result;
    }

    private static TimeSpan? Seconds(ConfigurationSection section, string key, double min, double max) =>
        section.Number(key, min, max, "seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
}
