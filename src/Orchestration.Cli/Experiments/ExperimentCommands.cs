using System.CommandLine;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Experiments;
using Orchestration.Learning.Robustness;

namespace Orchestration.Cli.Experiments;

/// <summary><c>orchestrate experiment KIND</c>: attacks on aggregators, each a table, a page with plots and JSON.</summary>
internal static class ExperimentCommands
{
    public static Command Create(CliContext context) => new("experiment", "Attacks aggregators: what they are worth when judges, labels or the world turn bad.")
    {
        Contamination(context), Poisoning(context), ShiftCommand(context), Targets(context), Stability(context), Ablation(context), Gaming(context),
    };

    private static Command Contamination(CliContext context)
    {
        var options = new ExperimentOptions();
        var attacks = ExperimentOptions.List("--attacks", "inverted, noisy, biased, random. Default: all.");
        var shares = ExperimentOptions.List("--shares", "Shares of the judges, 0 to 1. Default: 0.1,0.2,0.3,0.4,0.5.");
        var draws = new Option<int>("--draws") { Description = "Draws of which judges are attacked.", DefaultValueFactory = _ => 10 };
        var noise = new Option<double>("--noise-sd") { Description = "Standard deviation of noisy judges, as a share of their scale.", DefaultValueFactory = _ => 0.25 };
        var bias = new Option<double>("--bias") { Description = "What biased judges add, as a share of their scale; below 0 they take away.", DefaultValueFactory = _ => 0.25 };
        var command = options.AddTo(new Command("contamination", "Judges inverted, noisy, biased or random at rising shares; models trained clean and trained under attack.") { attacks, shares, draws, noise, bias });
        command.SetAction((parsed, cancellationToken) =>
        {
            var settings = new ContaminationSettings { Draws = ExperimentOptions.Within("--draws", parsed.GetValue(draws), 1, 1000), Noise = ExperimentOptions.Share("--noise-sd", parsed.GetValue(noise)), Bias = ExperimentOptions.Share("--bias", parsed.GetValue(bias), -1) };
            if (ExperimentOptions.Split(parsed.GetValue(attacks)) is { Length: > 0 } named)
                settings = settings with { Attacks = [.. named.Select(n => Named("--attacks", n, ("inverted", JudgeAttack.Invert), ("noisy", JudgeAttack.Noise), ("biased", JudgeAttack.Bias), ("random", JudgeAttack.Random)))] };
            if (ExperimentOptions.Shares("--shares", parsed.GetValue(shares)) is { } stated) settings = settings with { Shares = stated };
            return new ExperimentSession(context, options, parsed).RunAsync((set, common, progress) => ContaminationExperiment.Run(set, common, settings, progress, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static Command Poisoning(CliContext context)
    {
        var options = new ExperimentOptions();
        var attacks = ExperimentOptions.List("--attacks", "inverted, stepped (±2 on 0–10), noisy, compressed (to 3–7 on 0–10). Default: all.");
        var shares = ExperimentOptions.List("--shares", "Shares of the training labels, 0 to 1. Default: 0.1,0.2,0.3,0.4,0.5.");
        var draws = new Option<int>("--draws") { Description = "Draws of which labels are corrupted.", DefaultValueFactory = _ => 10 };
        var noise = new Option<double>("--noise-sd") { Description = "Standard deviation of noisy labels, as a share of the target's scale.", DefaultValueFactory = _ => 0.2 };
        var command = options.AddTo(new Command("poisoning", "Labels to learn from corrupted at rising shares; what is tested on stays clean.") { attacks, shares, draws, noise });
        command.SetAction((parsed, cancellationToken) =>
        {
            var settings = new PoisoningSettings { Draws = ExperimentOptions.Within("--draws", parsed.GetValue(draws), 1, 1000), Noise = ExperimentOptions.Share("--noise-sd", parsed.GetValue(noise)) };
            if (ExperimentOptions.Split(parsed.GetValue(attacks)) is { Length: > 0 } named)
                settings = settings with { Attacks = [.. named.Select(n => Named("--attacks", n, ("inverted", LabelAttack.Invert), ("stepped", LabelAttack.Step), ("noisy", LabelAttack.Noise), ("compressed", LabelAttack.Compress)))] };
            if (ExperimentOptions.Shares("--shares", parsed.GetValue(shares)) is { } stated) settings = settings with { Shares = stated };
            return new ExperimentSession(context, options, parsed).RunAsync((set, common, progress) => PoisoningExperiment.Run(set, common, settings, progress, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static Command ShiftCommand(CliContext context)
    {
        var options = new ExperimentOptions();
        (string Name, Shift Shift)[] known =
        [
            ("bottom-heavy", Shift.BottomHeavy), ("top-heavy", Shift.TopHeavy), ("middle-heavy", Shift.MiddleHeavy), ("scores-up", Shift.ScoresUp), ("scores-down", Shift.ScoresDown),
            ("scores-bottom-heavy", Shift.ScoresBottomHeavy), ("scores-top-heavy", Shift.ScoresTopHeavy), ("scores-middle-heavy", Shift.ScoresMiddleHeavy),
        ];
        var shifts = ExperimentOptions.List("--shifts", $"{string.Join(", ", known.Select(static k => k.Name))}. Default: all.");
        var command = options.AddTo(new Command("shift", "Answers become bottom-, top- or middle-heavy, or judges' scores shift, at six strengths; models fitted before and fitted again.") { shifts });
        command.SetAction((parsed, cancellationToken) =>
        {
            IReadOnlyList<Shift> some = ExperimentOptions.Split(parsed.GetValue(shifts)) is { Length: > 0 } named ? [.. named.Select(n => Named("--shifts", n, known))] : ShiftExperiment.All;
            return new ExperimentSession(context, options, parsed).RunAsync((set, common, progress) => ShiftExperiment.Run(set, common, some, progress, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static Command Targets(CliContext context)
    {
        var options = new ExperimentOptions(targets: true);
        var command = options.AddTo(new Command("targets", "Models trained on each annotator, on their mean and on a mixture, tested on all; beside the annotators' own agreement."));
        command.SetAction((parsed, cancellationToken) => new ExperimentSession(context, options, parsed).RunAsync(
            (set, rows, common, progress) => TargetsExperiment.Run(
                set, [.. Enumerable.Range(0, rows.Raters.Count).Select(r => KeyValuePair.Create(rows.Raters[r], rows.Ratings(r).ToArray()))], common, progress, cancellationToken),
            cancellationToken));
        return command;
    }

    private static Command Stability(CliContext context)
    {
        var options = new ExperimentOptions();
        var resamples = new Option<int>("--resamples") { Description = "Bootstraps of whole groups; half as many cuts into halves come on top.", DefaultValueFactory = _ => 40 };
        var command = options.AddTo(new Command("stability", "Importance and curves of the judges on independent resamples.") { resamples });
        command.SetAction((parsed, cancellationToken) =>
        {
            var count = ExperimentOptions.Within("--resamples", parsed.GetValue(resamples), 2, 10_000);
            return new ExperimentSession(context, options, parsed).RunAsync((set, common, progress) => StabilityExperiment.Run(set, common, count, progress, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static Command Ablation(CliContext context)
    {
        var options = new ExperimentOptions();
        var groups = new Option<string[]>("--judge-groups") { Description = "Groups of judges removed together: NAME=JUDGE,JUDGE,… Default: by what names have in common, and clusters of judges that correlate.", AllowMultipleArgumentsPerToken = true };
        var command = options.AddTo(new Command("ablation", "Judges removed one by one and in groups, kept alone, added one by one; models fitted again, and judges missing at prediction.") { groups });
        command.SetAction((parsed, cancellationToken) => new ExperimentSession(context, options, parsed).RunAsync(
            (set, common, progress) => AblationExperiment.Run(
                set, common, parsed.GetValue(groups) is { Length: > 0 } stated ? JudgeGroups.Parse(stated, [.. set.Judges.Select(static j => j.Name)]) : JudgeGroups.Find(set), progress, cancellationToken),
            cancellationToken));
        return command;
    }

    private static Command Gaming(CliContext context)
    {
        var options = new ExperimentOptions();
        var bounded = new Option<string>("--bounded") { Description = "The model whose judges are bounded: gam, ridge, non-negative, mean-fit, best-judge.", DefaultValueFactory = _ => "gam" };
        var bounds = ExperimentOptions.List("--bounds", "Bounds as shares of the target's range. Default: half, once and twice what the plain mean lets one judge do.");
        var command = options.AddTo(new Command("gaming", "How far one judge alone can move the aggregate, and models that bound it.") { bounded, bounds });
        command.SetAction((parsed, cancellationToken) =>
        {
            var settings = new GamingSettings { Bounded = parsed.GetValue(bounded)!, Bounds = ExperimentOptions.Shares("--bounds", parsed.GetValue(bounds)) };
            if (settings.Bounds?.Any(static b => b <= 0) == true) throw new OrchestrationException(ErrorCodes.Usage, "--bounds: a bound is more than 0.");
            return new ExperimentSession(context, options, parsed).RunAsync((set, common, progress) => GamingExperiment.Run(set, common, settings, progress, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static T Named<T>(string option, string name, params ReadOnlySpan<(string Name, T Value)> known)
    {
        foreach (var (own, value) in known)
        {
            if (own == name) return value;
        }

        var names = new List<string>();
        foreach (var (own, _) in known) names.Add(own);
        throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"{option} {name}: there is none of that name. There are: {string.Join(", ", names)}."));
    }
}
