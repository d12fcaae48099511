using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Meta;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Policies;
using Orchestration.Core.Routing.Valuing;
using Orchestration.Learning.Valuing;

namespace Orchestration.Cli.Routing;

/// <summary>What <c>route eval --ledger</c> was asked.</summary>
internal sealed record LedgerQuestion
{
    /// <summary>Files of logged decisions, or a store.</summary>
    public required string[] Ledger { get; init; }

    /// <summary>Policies to be valued, as named in the configuration.</summary>
    public IReadOnlyList<IRoutingPolicy> Policies { get; init; } = [];

    /// <summary>Who is asked where a policy abstains.</summary>
    public string? DefaultExpert { get; init; }

    /// <summary>Turns prompts into numbers for the outcome model where the log has none.</summary>
    public IPromptFeatures? Features { get; init; }

    /// <summary>Fetches the embeddings of the log's prompts that policies look at.</summary>
    public required Func<IReadOnlyList<string>, IReadOnlyList<EmbeddingUser>, Task<FetchedEmbeddings>> FetchAsync { get; init; }

    /// <summary>How values are made.</summary>
    public ValueOptions Options { get; init; } = new();

    /// <summary>File for bad rows.</summary>
    public string? Rejects { get; init; }

    /// <summary>True to end with one JSON object.</summary>
    public bool Json { get; init; }
}

/// <summary><c>orchestrate route eval --ledger</c>: policies and experts valued from logged decisions.</summary>
internal static class LedgerEval
{
    /// <summary>Reads the policies that are to be valued from the configuration.</summary>
    /// <exception cref="OrchestrationException">There is no such policy, or it cannot be made.</exception>
    public static LedgerQuestion Question(
        string[] ledger, string? config, IReadOnlyList<string> policies, ValueOptions options, Func<IReadOnlyList<string>, IReadOnlyList<EmbeddingUser>, Task<FetchedEmbeddings>> fetch)
    {
        var question = new LedgerQuestion { Ledger = ledger, Options = options, Features = new UntrainedFeatures(), FetchAsync = fetch };
        if (policies.Count == 0) return question;
        var loaded = OrchestrationConfig.Load(config);
        var router = loaded.Router ?? throw new OrchestrationException(ErrorCodes.Configuration, $"{loaded.File ?? OrchestrationConfig.DefaultFileName} names no experts and policies. Name them, or leave --policy out.");
        var wanted = router.Policies.Where(p => policies.Contains(p.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);
        if (policies.FirstOrDefault(p => !wanted.ContainsKey(p)) is { } unknown)
            throw new OrchestrationException(ErrorCodes.NotFound, $"--policy {unknown}: router.policies has none of that name; there are {string.Join(", ", router.Policies.Keys)}.");
        if (wanted.Values.FirstOrDefault(static p => p.Rule is RoutingRule.LinUcb or RoutingRule.Thompson) is { } bandit)
            throw new OrchestrationException(ErrorCodes.Usage, $"--policy {bandit.Name} learns as it goes: what it would have learned is not in a log of other decisions. Replay it with 'orchestrate route replay'.");
        IRoutingPolicy[] made = [.. RoutingPolicies.Create(router with { Policies = wanted }).OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => p.Value)];
        return question with { Policies = made, DefaultExpert = router.DefaultExpert };
    }

    public static async Task<int> RunAsync(CliContext context, LedgerQuestion question, CancellationToken cancellationToken)
    {
        var (routes, report) = await ReadAsync(context, question, cancellationToken);
        if (report is not null) await MetaText.RejectsAsync(context, report);
        EmbeddingUser[] users = [.. question.Policies.Select(static policy => new EmbeddingUser($"--policy {policy.Name}", (policy as IEmbeddedPolicy)?.Embedding))];
        var fetched = await question.FetchAsync([.. routes.Select(static route => route.Prompt).OfType<string>()], users);
        if (fetched.Exit is { } exit) return exit;
        var policies = question.Policies.Select((policy, i) => users[i].Need is not null && fetched.Embeddings is { } embeddings ? new EmbeddedPolicy(policy, embeddings) : policy);
        var study = LedgerStudy.Of(routes, question.Features, question.Options);
        LedgerValue[] values = [study.Logged(), study.Uniform(), .. study.Experts.Select(study.Always), .. policies.Select(p => study.Of(p, question.DefaultExpert))];
        var experts = study.ByExpert();
        await context.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{study.Decisions:N0} decisions, {study.Judged:N0} of them judged; the outcome model sees {(study.FeaturesUsed == "none" ? "no features: only each expert's mean" : study.FeaturesUsed == "logged" ? "the logged features" : "features of the prompt")}."));
        var table = new MetaTable("policy", "doubly robust [95%]", "self-normalised [95%]", "IPS [95%]", "direct [95%]", "effective rows", "US dollars a request");
        foreach (var value in values)
        {
            var (v, isGiven) = (value.Value, value.Value.Refusal == ValueRefusal.None);
            table.Row(
                value.Name, isGiven ? MetaText.Of(v.DoublyRobust) : "refused", isGiven ? MetaText.Of(v.Snips) : "", isGiven ? MetaText.Of(v.Ips) : "", isGiven ? MetaText.Of(v.Direct) : "",
                MetaText.Number(v.Overlap.EffectiveRows, 0), value.CostUsd is { } cost ? MetaText.Number(cost, 6) : "");
        }

        context.Write(table.Done());
        var by = new MetaTable("expert", "corrected: had it answered all [95%]", "of what it was sent [95%]", "sent and judged", "on offer");
        for (var k = 0; k < experts.Count; k++)
        {
            var one = experts[k];
            by.Row(
                study.Experts[k], one.Corrected.Refusal == ValueRefusal.None ? MetaText.Of(one.Corrected.DoublyRobust) : "refused", one.Chosen == 0 ? "" : MetaText.Of(one.OfWhatItWasSent),
                MetaText.Number(one.Chosen, 0), MetaText.Percent(one.OnOffer));
        }

        context.Write(by.Done());
        foreach (var value in values.Where(static v => v.Value.Refusal != ValueRefusal.None)) await context.Out.WriteLineAsync(Refusal(value.Name, value.Value, question.Options));
        await context.Out.WriteLineAsync("The mean of what an expert was sent says as much of the prompts as of the expert: compare the corrected values.");
        if (question.Json) await context.Out.WriteLineAsync(MetaText.ToLine(Json(study, values, experts)));
        return ExitStatus.Completed;
    }

    /// <summary>Why a value is not given, and what would help.</summary>
    public static string Refusal(string name, Valuation value, ValueOptions options)
    {
        var why = value.Refusal switch
        {
            ValueRefusal.TooFewRows => $"only {value.Rows:N0} judged decisions (of {2 * options.Folds:N0} prompts at least). Let more answers be judged",
            ValueRefusal.Unsupported => $"{100 * value.Overlap.Unsupported:0.0}% of what it would do could never happen in the log (at most {100 * options.MostUnsupported:0.0}% is borne). Explore (router.explore) before it is valued",
            ValueRefusal.TooFewEffective => $"the log is worth {value.Overlap.EffectiveRows:0.0} decisions of its kind, fewer than {options.LeastEffective:0.0}. Explore more, log more, or lower --least-effective and believe it less",
            _ => $"the weights' mean is {value.Overlap.MeanWeight:0.00} where it should be 1: the logged probabilities are not those that were chosen with",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{name} is REFUSED: {why}.");
    }

    /// <summary>A store is a connection string or a SQLite file; anything else is JSON lines.</summary>
    public static bool IsStore(string ledger)
    {
        if (ledger.StartsWith("postgres://", StringComparison.Ordinal) || ledger.StartsWith("postgresql://", StringComparison.Ordinal)) return true;
        if (!File.Exists(ledger)) return false;
        using var file = File.OpenRead(ledger);
        Span<byte> head = stackalloc byte[15];
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual("SQLite format 3"u8);
    }

    private static async Task<(IReadOnlyList<LoggedRoute> Routes, RowReport? Report)> ReadAsync(CliContext context, LedgerQuestion question, CancellationToken cancellationToken)
    {
        if (question.Ledger is [var only] && IsStore(only))
        {
            var kept = new List<LoggedRoute>();
            await foreach (var route in LedgerExport.RoutesAsync(context, only, cancellationToken)) kept.Add(route);
            return (kept, null);
        }

        var input = new RowInput { Files = question.Ledger, RejectsPath = question.Rejects, StandardInput = context.StandardInput };
        var (routes, report) = LoggedRouteReader.Read(input, cancellationToken);
        return (routes, report);
    }

    private static JsonObject Json(LedgerStudy study, LedgerValue[] values, IReadOnlyList<ArmValue> experts)
    {
        var json = new JsonObject { ["decisions"] = study.Decisions, ["judged"] = study.Judged, ["features"] = study.FeaturesUsed };
        json["policies"] = new JsonArray([.. values.Select(static v => (JsonNode)Json(v))]);
        json["experts"] = new JsonArray([.. experts.Select((e, k) => (JsonNode)new JsonObject
        {
            ["expert"] = study.Experts[k],
            ["corrected"] = e.Corrected.Refusal == ValueRefusal.None ? MetaText.Json(e.Corrected.DoublyRobust) : null,
            ["refused"] = Name(e.Corrected.Refusal),
            ["effective_rows"] = MetaText.Json(e.Corrected.Overlap.EffectiveRows),
            ["of_what_it_was_sent"] = e.Chosen == 0 ? null : MetaText.Json(e.OfWhatItWasSent),
            ["sent"] = e.Chosen,
            ["on_offer"] = e.OnOffer,
        })]);
        return json;
    }

    private static JsonObject Json(LedgerValue value)
    {
        var v = value.Value;
        var isGiven = v.Refusal == ValueRefusal.None;
        return new JsonObject
        {
            ["policy"] = value.Name,
            ["refused"] = Name(v.Refusal),
            ["doubly_robust"] = isGiven ? MetaText.Json(v.DoublyRobust) : null,
            ["snips"] = isGiven ? MetaText.Json(v.Snips) : null,
            ["ips"] = isGiven ? MetaText.Json(v.Ips) : null,
            ["direct"] = isGiven ? MetaText.Json(v.Direct) : null,
            ["effective_rows"] = MetaText.Json(v.Overlap.EffectiveRows),
            ["mean_weight"] = MetaText.Json(v.Overlap.MeanWeight),
            ["unsupported"] = MetaText.Json(v.Overlap.Unsupported),
            ["cost"] = value.CostUsd,
        };
    }

    private static string? Name(ValueRefusal refusal) => refusal switch
    {
        ValueRefusal.None => null,
        ValueRefusal.TooFewRows => "too_few_rows",
        ValueRefusal.Unsupported => "unsupported",
        ValueRefusal.TooFewEffective => "too_few_effective",
        _ => "wrong_chances",
    };
}
