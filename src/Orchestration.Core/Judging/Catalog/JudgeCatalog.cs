using System.Globalization;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Exemplars;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Judging.Revising;
using Orchestration.Core.Judging.Reward;
using Orchestration.Core.Judging.Solving;
using Orchestration.Core.Rubrics;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Judging.Catalog;

/// <summary>Makes deployments from their configuration; the vendor packages stand behind it.</summary>
public interface IDeploymentSource
{
    /// <summary>The chat deployment of a configuration.</summary>
    IChatDeployment Chat(DeploymentConfig config);

    /// <summary>The reward deployment of a configuration.</summary>
    IRewardDeployment Reward(DeploymentConfig config);
}

/// <summary>What judge specifications came to.</summary>
/// <param name="Judges">The actors.</param>
/// <param name="Planned">What a sweep fixes of each, in the same order.</param>
/// <param name="RecordedFiles">Files of recorded judgments, in the order named.</param>
public sealed record ResolvedJudges(IReadOnlyList<IJudge> Judges, IReadOnlyList<PlannedJudge> Planned, IReadOnlyList<string> RecordedFiles);

/// <summary>
/// Turns judge specifications into judges: a code judge's id; <c>code</c> for all of them; <c>RUBRIC@DEPLOYMENT</c>, with
/// <c>RUBRIC:expected@…</c> or <c>RUBRIC:samples=5@…</c> for another protocol, <c>revise</c> for a second look, <c>reference=drop</c>, <c>reference=both</c> and <c>exemplars=NAME</c>;
/// <c>solve@DEPLOYMENT</c>; a reward deployment's name; a panel's name; a judge set's name;
/// <c>replay:FILE</c>. Also makes the judges of a stored sweep again, exactly as that sweep fixed them.
/// </summary>
public sealed class JudgeCatalog
{
    private const string ReplayPrefix = "replay:";

    // Reasoning that ends in an answer is longer than a judgment.
    private const int SolverOutputTokens = 4096;

    private readonly OrchestrationConfig _config;
    private readonly IDeploymentSource _deployments;
    private readonly JudgmentPurchases _purchases;
    private readonly int? _concurrency;
    private readonly Dictionary<string, ExemplarSet> _exemplars = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IChatDeployment> _chats = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IRewardDeployment> _rewards = new(StringComparer.Ordinal);

    /// <summary>Creates it.</summary>
    /// <param name="config">Deployments and judge sets.</param>
    /// <param name="rubrics">All rubrics.</param>
    /// <param name="deployments">Makes deployments.</param>
    /// <param name="purchases">Store, ledger and single-flight of this process.</param>
    /// <param name="concurrency">Calls in flight at once per deployment; null for each deployment's own.</param>
    public JudgeCatalog(OrchestrationConfig config, RubricLibrary rubrics, IDeploymentSource deployments, JudgmentPurchases purchases, int? concurrency = null)
    {
        _config = config;
        Rubrics = rubrics;
        _deployments = deployments;
        _purchases = purchases;
        _concurrency = concurrency;
    }

    /// <summary>All rubrics: the product's and the user's.</summary>
    public RubricLibrary Rubrics { get; }

    /// <summary>The rubrics of a configuration: those that ship, and the user's folders over them.</summary>
    public static RubricLibrary RubricsOf(OrchestrationConfig config) =>
        config.RubricFolders.Aggregate(RubricLibrary.Builtin, (library, folder) => library.With(RubricLibrary.Load(folder)));

    /// <summary>Resolves specifications.</summary>
    /// <exception cref="OrchestrationException">A name that is unknown, stands twice, or cannot be used (<see cref="ErrorCodes.Usage"/>, <see cref="ErrorCodes.NotFound"/>).</exception>
    public ResolvedJudges Resolve(IReadOnlyList<string> specs)
    {
        var code = new List<(ICodeJudge Judge, bool FromGroup)>();
        var planned = new List<(IJudge Judge, PlannedJudge Planned)>();
        var files = new List<string>();
        foreach (var spec in Expand(specs))
        {
            if (spec.StartsWith(ReplayPrefix, StringComparison.Ordinal))
            {
                files.Add(RecordedFile(spec));
            }
            else if (spec == CodePanelJudge.Id)
            {
                foreach (var judge in CodeJudges.All.Where(j => code.All(c => c.Judge.Id != j.Id))) code.Add((judge, true));
            }
            else if (CodeJudges.Find(spec) is { } judge)
            {
                var at = code.FindIndex(c => c.Judge.Id == spec);
                if (at < 0) code.Add((judge, false));
                else if (code[at].FromGroup) code[at] = (judge, false);
                else throw Twice(spec);
            }
            else
            {
                var model = ModelJudge(spec);
                if (planned.Any(p => p.Judge.Descriptor.Id == model.Judge.Descriptor.Id)) throw Twice(spec);
                planned.Add(model);
            }
        }

        if (code.Count != 0) planned.Insert(0, Panel(code));
        if (files.Count != files.Distinct(StringComparer.Ordinal).Count()) throw Twice(ReplayPrefix + files.GroupBy(f => f).First(g => g.Count() > 1).Key);
        return new ResolvedJudges([.. planned.Select(p => p.Judge)], [.. planned.Select(p => p.Planned)], files);
    }

    /// <summary>A judge that looks at answers the way somebody else would: <c>RUBRIC@DEPLOYMENT</c> with a profile beside the rubric.</summary>
    /// <param name="spec">The specification.</param>
    /// <param name="profile">How it is told to look at the material, 1–2,000 characters.</param>
    /// <exception cref="OrchestrationException">An unknown rubric or deployment, or a specification of another form.</exception>
    public LlmJudge Persona(string spec, string profile)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (!spec.Contains('@', StringComparison.Ordinal)) throw new OrchestrationException(ErrorCodes.Usage, $"'{spec}': write RUBRIC@DEPLOYMENT.");
        var stated = JudgeSpec.Parse(spec);
        if (stated.Exemplars is not null || stated.PointedOut is not null) throw new OrchestrationException(ErrorCodes.Usage, $"{spec}: a persona has neither exemplars nor a second look. Take the option out.");
        return Llm(spec, Rubrics.Find(stated.Rubric), stated.Options with { Profile = profile }, stated.Deployment);
    }

    /// <summary>The judges of a stored sweep, as it fixed them.</summary>
    /// <exception cref="OrchestrationException">
    /// A judge cannot be made as it was: its deployment is no longer configured or serves another model, or this build's code judges are others.
    /// </exception>
    public IReadOnlyList<IJudge> Rebuild(SweepRecord sweep)
    {
        var judges = new List<IJudge>();
        foreach (var fixedJudge in SweepDefinition.FromJson(sweep.Definition).Judges)
        {
            var judge = Rebuild(fixedJudge, sweep.Id);
            if (judge.Descriptor.Version.ToString() != fixedJudge.Version)
                throw new OrchestrationException(ErrorCodes.Configuration, $"Sweep {sweep.Id} began with judge '{fixedJudge.Spec}' in version {fixedJudge.Version[..12]}, which is now {judge.Descriptor.Version.ToString()[..12]}: {Cause(fixedJudge)}. Put that back, or start a new sweep; paid judgments that still hold are not bought again.");
            judges.Add(judge);
        }

        return judges;
    }

    private static string Cause(FixedJudge judge) => judge.Kind == JudgeKind.Code
        ? "another build of the product has another revision of it"
        : $"the options of deployment {string.Join(", ", judge.Deployments.Select(d => $"'{d}'"))} have changed (model {judge.Model})";

    private IJudge Rebuild(FixedJudge judge, string sweepId)
    {
        switch (judge.Kind)
        {
            case JudgeKind.Code:
                var names = judge.Members ?? [];
                return new CodePanelJudge([.. names.Select(name => CodeJudges.Find(name.Split('/')[0])
                    ?? throw new OrchestrationException(ErrorCodes.Configuration, $"Sweep {sweepId} began with the code judge '{name}', which this build does not have. Use the build that began it ({name})."))]);
            case JudgeKind.Reward:
                return new RewardJudge(judge.Id, Reward(judge.Deployment!), _purchases);
            case JudgeKind.Panel:
                return PanelOf(judge.Panel!, RubricFile.Parse($"the rubric fixed by sweep {sweepId}", judge.Rubric!));
            default:
                if (judge.Rubric is null) return Solver(judge.Spec, judge.Deployment!);
                var stated = JudgeSpec.Parse(judge.Spec);
                var pool = judge.Exemplars is { } set ? new ExemplarPool(set) : null;
                return Asked(judge.Spec, RubricFile.Parse($"the rubric fixed by sweep {sweepId}", judge.Rubric), stated.Options with { Exemplars = pool }, judge.Deployment!, stated.PointedOut);
        }
    }

    private IEnumerable<string> Expand(IReadOnlyList<string> specs)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var spec in specs)
        {
            var isSet = _config.JudgeSets.TryGetValue(spec, out var set);
            foreach (var member in (isSet ? set! : [spec]).SelectMany(JudgeSpec.Expand))
            {
                // A judge in two sets is asked once; a judge named twice by hand is a mistake.
                if (seen.Add(member)) yield return member;
                else if (!isSet) throw Twice(member);
            }
        }
    }

    private static string RecordedFile(string spec)
    {
        var path = spec[ReplayPrefix.Length..];
        return File.Exists(path)
            ? path
            : throw new OrchestrationException(ErrorCodes.Input, $"{spec}: there is no file '{path}'. Name a results.jsonl, a verdicts.jsonl or rows of id, judge and score.");
    }

    private static (IJudge, PlannedJudge) Panel(List<(ICodeJudge Judge, bool FromGroup)> code)
    {
        var panel = new CodePanelJudge([.. code.Select(c => c.Judge)]);
        var spec = code.All(c => c.FromGroup) ? CodePanelJudge.Id : string.Join(',', code.Select(c => c.Judge.Id));
        return (panel, new PlannedJudge(
            panel.Descriptor,
            new FixedJudge(spec, CodePanelJudge.Id, JudgeKind.Code, panel.Descriptor.Version.ToString(), Members: [.. code.Select(c => CodePanelJudge.Member(c.Judge))]),
            code.Where(c => c.FromGroup && c.Judge.NeedsReference).Select(c => c.Judge.Id).ToHashSet(StringComparer.Ordinal)));
    }

    private (IJudge Judge, PlannedJudge Planned) ModelJudge(string spec)
    {
        if (!spec.Contains('@', StringComparison.Ordinal))
        {
            if (_config.Deployments.TryGetValue(spec, out var reward) && reward.Kind == DeploymentKind.Reward)
            {
                var judge = new RewardJudge(spec, Reward(spec), _purchases);
                return (judge, new PlannedJudge(judge.Descriptor, new FixedJudge(
                    spec, spec, JudgeKind.Reward, judge.Descriptor.Version.ToString(), Deployment: spec, Model: ModelText(reward.Model))));
            }

            if (_config.Panels.TryGetValue(spec, out var stated))
            {
                var shared = Rubrics.Find(stated.Rubric);
                var panel = PanelOf(stated, shared);
                return (panel, new PlannedJudge(panel.Descriptor, new FixedJudge(
                    spec, spec, JudgeKind.Panel, panel.Descriptor.Version.ToString(), RubricFile.Write(shared),
                    Model: string.Join(", ", stated.Deployments.Select(d => ModelText(_config.Deployment(d).Model)).Distinct(StringComparer.Ordinal)), Panel: stated)));
            }

            throw Unknown(spec);
        }

        var (rubricId, options, exemplars, deployment, pointedOut) = JudgeSpec.Parse(spec);
        if (rubricId == SolverJudge.SpecName && !Rubrics.TryFind(rubricId, out _))
        {
            var solver = Solver(spec, deployment);
            return (solver, new PlannedJudge(solver.Descriptor, new FixedJudge(
                spec, spec, JudgeKind.Llm, solver.Descriptor.Version.ToString(), Deployment: deployment, Model: ModelText(_config.Deployment(deployment).Model))));
        }

        var rubric = Rubrics.Find(rubricId);
        var set = exemplars is null ? null : Exemplars(exemplars, spec);
        var llm = Asked(spec, rubric, options with { Exemplars = set is null ? null : new ExemplarPool(set) }, deployment, pointedOut);
        return (llm, new PlannedJudge(llm.Descriptor, new FixedJudge(
            spec, spec, JudgeKind.Llm, llm.Descriptor.Version.ToString(), RubricFile.Write(rubric), deployment, ModelText(_config.Deployment(deployment).Model), Exemplars: set)));
    }

    private IJudge Asked(string spec, Rubric rubric, LlmJudgeOptions options, string deployment, string? pointedOut)
    {
        var judge = Llm(spec, rubric, options, deployment);
        return pointedOut is null ? judge : new RevisingJudge(judge, pointedOut, _purchases);
    }

    private SolverJudge Solver(string spec, string deploymentName)
    {
        var config = _config.Deployment(deploymentName);
        return new SolverJudge(spec, Chat(deploymentName), config.ReasoningModel ? null : config.Temperature ?? 0, config.MaxOutputTokens ?? SolverOutputTokens, _purchases);
    }

    private LlmJudge Llm(string spec, Rubric rubric, LlmJudgeOptions options, string deploymentName)
    {
        var config = _config.Deployment(deploymentName);
        options = options with
        {
            MaxOutputTokens = config.MaxOutputTokens ?? UsualOutput(rubric, options),
            Images = config.Images,
            ImageTokens = config.ImageTokens,
            ReasoningEffort = config.ReasoningEffort,
            Temperature = config.ReasoningModel ? null : config.Temperature ?? (options.Protocol == LlmProtocol.Samples ? 1 : options.Temperature),
        };
        return new LlmJudge(rubric, Chat(deploymentName), options, _purchases, spec);
    }

    private PanelJudge PanelOf(PanelConfig panel, Rubric rubric)
    {
        return new PanelJudge(
            panel.Name, rubric, [.. panel.Members.Select(Member)], panel.Rounds, panel.Final, panel.Closing is { } closing ? Member(closing) : null, panel.MinShare, _purchases);

        LlmJudge Member(PanelMemberConfig member)
        {
            var options = member.Protocol is { } protocol ? OptionsOf(protocol, $"panel '{panel.Name}'") : new LlmJudgeOptions();
            return Llm(panel.Name, rubric, options with { Profile = member.Profile }, member.Deployment);
        }
    }

    private static LlmJudgeOptions OptionsOf(string text, string where)
    {
        var (options, exemplars, pointedOut) = JudgeSpec.ParseOptions(text, where);
        if (pointedOut is not null) throw new OrchestrationException(ErrorCodes.Usage, $"{where}: members of a panel see one another's judgments instead. Take 'revise' out.");
        if (options.Repeat != 0) throw new OrchestrationException(ErrorCodes.Usage, $"{where}: members of a panel are asked once. Take 'repeat' out.");
        return exemplars is null
            ? options
            : throw new OrchestrationException(ErrorCodes.Usage, $"{where}: members of a panel have no exemplars. Take 'exemplars={exemplars}' out.");
    }

    /// <summary>A checklist's reply grows with its criteria: a quote or two, a sentence and the frame for each.</summary>
    private static int UsualOutput(Rubric rubric, LlmJudgeOptions options) =>
        rubric.Checklist is { } checklist ? Math.Max(options.MaxOutputTokens, 256 + (160 * checklist.Criteria.Count)) : options.MaxOutputTokens;

    private ExemplarSet Exemplars(string name, string spec)
    {
        if (_exemplars.TryGetValue(name, out var set)) return set;
        if (!_config.Exemplars.TryGetValue(name, out var config))
        {
            var nearest = NearestName.Of(name, _config.Exemplars.Keys);
            throw new OrchestrationException(
                ErrorCodes.NotFound, $"{spec}: no exemplars are called '{name}'. {(nearest is null ? $"Add them under 'exemplars' of {OrchestrationConfig.DefaultFileName}." : $"Did you mean '{nearest}'?")}");
        }

        return _exemplars[name] = ExemplarFile.Read(config);
    }

    private IChatDeployment Chat(string name)
    {
        if (!_chats.TryGetValue(name, out var deployment)) _chats[name] = deployment = _deployments.Chat(Capped(name));
        return deployment;
    }

    private IRewardDeployment Reward(string name)
    {
        if (!_rewards.TryGetValue(name, out var deployment)) _rewards[name] = deployment = _deployments.Reward(Capped(name));
        return deployment;
    }

    private DeploymentConfig Capped(string name)
    {
        var config = _config.Deployment(name);
        if (_concurrency is not { } concurrency) return config;
        var each = Math.Max(1, concurrency / Math.Max(1, config.Pool.Count));
        return config with { Concurrency = concurrency, Pool = [.. config.Pool.Select(e => e with { Limits = e.Limits with { Concurrency = each } })] };
    }

    private static string ModelText(ModelIdentity model) => string.Join('/', new[] { model.Publisher, model.Name, model.Snapshot }.Where(p => p.Length != 0));

    private OrchestrationException Unknown(string spec)
    {
        var names = CodeJudges.All.Select(j => j.Id).Concat(_config.JudgeSets.Keys).Concat(_config.Panels.Keys).Append(CodePanelJudge.Id)
            .Concat(_config.Deployments.Values.Where(d => d.Kind == DeploymentKind.Reward).Select(d => d.Name));
        var cure = Rubrics.TryFind(spec, out _)
            ? $"'{spec}' is a rubric: name the deployment that judges by it, {spec}@DEPLOYMENT."
            : NearestName.Of(spec, names) is { } nearest ? $"Did you mean '{nearest}'?" : "'orchestrate judge list' shows those there are.";
        return new OrchestrationException(ErrorCodes.NotFound, $"No judge is called '{spec}'. {cure}");
    }

    private static OrchestrationException Twice(string spec) => new(ErrorCodes.Usage, $"The judge '{spec}' is named twice. Leave one out.");
}
