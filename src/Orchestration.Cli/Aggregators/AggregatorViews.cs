using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Cli.Sweeps;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Versions;
using Spectre.Console;

namespace Orchestration.Cli.Aggregators;

/// <summary>How versions, settings and attempts are shown, to people and to scripts.</summary>
internal static class AggregatorViews
{
    public static string? User(CliContext context) => context.Environment("USER") ?? context.Environment("USERNAME");

    public static string State(AggregatorSetting setting, string id) => string.Join(", ", new[]
    {
        setting.Active == id ? "active" : null,
        setting.Shadow == id ? "shadow" : null,
        setting.Canary == id ? string.Create(CultureInfo.InvariantCulture, $"canary {setting.CanaryShare:0.##%}") : null,
    }.OfType<string>());

    public static string Beside(AggregatorSetting setting) => string.Create(
        CultureInfo.InvariantCulture,
        $"'{setting.Name}': active {Short(setting.Active)}, shadow {Short(setting.Shadow)}, canary {Short(setting.Canary)}{(setting.Canary is null ? "" : $" for {setting.CanaryShare:0.##%} of the pairs")}");

    public static void Show(
        CliContext context, AggregatorVersion version, AggregatorSetting setting, IReadOnlyList<ActivationAttempt> attempts, IReadOnlyList<LiveComparison> comparisons)
    {
        var manifest = version.Manifest;
        var basis = manifest.Basis;
        var state = State(setting, version.Id);
        context.Out.WriteLine($"version {version.Id} of '{manifest.Name}'{(state.Length == 0 ? "" : $" ({state})")}");
        context.Out.WriteLine($"model    {basis.Recipe}{(basis.Model == basis.Recipe ? "" : $": {basis.Model}")}, learned from {(basis.LearnedFrom == LearnedFrom.Scores ? "human scores" : "comparisons")} in '{basis.Target.Field}'");
        context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"data     {basis.Training.Rows:N0} rows of {basis.Training.Groups:N0} groups, sha256 {basis.Training.Sha256[..Math.Min(12, basis.Training.Sha256.Length)]}: {string.Join(", ", manifest.Inputs.Select(static i => i.Path))}"));
        if (basis.Training.SimulatedSentence is { } simulated) context.Out.WriteLine(simulated);
        context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"folds    {basis.Repeats} draws of {basis.Folds}, seed {basis.Seed}{(basis.RandomFolds ? ", RANDOM: figures are flattered" : "")}"));
        context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trained  {manifest.TrainedAt.ToLocalTime():yyyy-MM-dd HH:mm} by {manifest.Author ?? "nobody known"} in {manifest.Seconds:0.0} s, build {manifest.Build}; parent {Short(manifest.Parent)}"));
        var judges = new Table { Border = TableBorder.Simple };
        judges.AddColumns("judge", "scale", "mean", "rubric", "version");
        foreach (var judge in basis.Judges)
        {
            judges.AddRow(
                Markup.Escape(judge.Name), SweepTables.ScaleText(judge.Scale) + (judge.IsFitted ? " fitted" : ""), judge.Reference.ToString("0.000", CultureInfo.InvariantCulture),
                Start(judge.Rubric), Markup.Escape(Start(judge.Version)));
        }

        context.Tables().Write(judges);
        if (manifest.Figures is { Models.Count: > 0 } figures) context.Tables().Write(Figures(figures));
        foreach (var guard in basis.Guards) context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"guard    {guard.Kind} {guard.Judge} {guard.Threshold} → {guard.Value}"));
        foreach (var attempt in attempts.Take(10))
            context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{attempt.At.ToLocalTime():yyyy-MM-dd HH:mm} {OutcomeText(attempt.Outcome)} {Short(attempt.Version)} after {Short(attempt.Previous)} by {attempt.By ?? "nobody known"}: {attempt.Reason}"));
        foreach (var c in comparisons)
        {
            context.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"live     {Short(c.Other)} beside {Short(c.Active)}: {c.Rows:N0} rows, mean difference {c.MeanDifference:0.0000}, root mean squared {c.RootMeanSquaredDifference:0.0000}, largest {c.MaxDifference:0.0000}, correlation {c.Correlation:0.0000}; only the active one scored {c.OnlyActive:N0}, only the other {c.OnlyOther:N0}"));
        }
    }

    public static void Diff(CliContext context, AggregatorVersion one, AggregatorVersion two, bool json)
    {
        var (a, b) = (one.Manifest.Basis, two.Manifest.Basis);
        var lines = new List<(string What, string First, string Second)>();
        Add("recipe", a.Recipe, b.Recipe);
        Add("model", a.Model, b.Model);
        Add("learned from", a.LearnedFrom.ToString(), b.LearnedFrom.ToString());
        Add("target", a.Target.Field, b.Target.Field);
        Add("data", a.Training.Sha256, b.Training.Sha256);
        Add("rows", Text(a.Training.Rows), Text(b.Training.Rows));
        Add("groups", Text(a.Training.Groups), Text(b.Training.Groups));
        Add("rows of both", Text(a.Training.RowHashes.Intersect(b.Training.RowHashes).Count()), "");
        Add("seed", Text(a.Seed), Text(b.Seed));
        Add("folds", $"{Text(a.Repeats)} × {Text(a.Folds)}", $"{Text(b.Repeats)} × {Text(b.Folds)}");
        Add("guards", Text(a.Guards.Count), Text(b.Guards.Count));
        foreach (var name in a.Judges.Concat(b.Judges).Select(static j => j.Name).Distinct(StringComparer.Ordinal))
        {
            var (first, second) = (a.Judges.FirstOrDefault(j => j.Name == name), b.Judges.FirstOrDefault(j => j.Name == name));
            if (first is null || second is null || first with { Reference = 0 } != second with { Reference = 0 }) Add($"judge {name}", JudgeText(first), JudgeText(second));
        }

        foreach (var figure in new[] { "r2", "mse", "mae", "spearman", "accuracy", "half_tie_accuracy" })
        {
            if (FigureOf(one, figure) is { } first && FigureOf(two, figure) is { } second) Add(figure, first.ToString("0.0000", CultureInfo.InvariantCulture), second.ToString("0.0000", CultureInfo.InvariantCulture));
        }

        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("", one.ShortId, two.ShortId);
        foreach (var (what, first, second) in lines) table.AddRow(Markup.Escape(what), Markup.Escape(Start(first, 24)), Markup.Escape(Start(second, 24)));
        if (one.Id == two.Id) context.Out.WriteLine($"both are version {one.ShortId}");
        else context.Tables().Write(table);
        if (json)
        {
            context.Out.WriteLine(Line(writer =>
            {
                writer.WriteString("first", one.Id);
                writer.WriteString("second", two.Id);
                writer.WriteStartObject("differences");
                foreach (var (what, first, second) in lines)
                {
                    writer.WriteStartArray(what);
                    writer.WriteStringValue(first);
                    writer.WriteStringValue(second);
                    writer.WriteEndArray();
                }

                writer.WriteEndObject();
            }));
        }

        void Add(string what, string first, string second)
        {
            if (first != second) lines.Add((what, first, second));
        }
    }

    public static string ListLine(IReadOnlyList<AggregatorHead> heads, Dictionary<string, AggregatorSetting> settings) => Line(writer =>
    {
        writer.WriteStartArray("versions");
        foreach (var head in heads)
        {
            writer.WriteStartObject();
            writer.WriteString("name", head.Name);
            writer.WriteString("version", head.Id);
            writer.WriteString("model", head.Model);
            writer.WriteString("added_at", head.AddedAt);
            writer.WriteBoolean("active", settings[head.Name].Active == head.Id);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    public static string ShowLine(
        AggregatorVersion version, AggregatorSetting setting, IReadOnlyList<ActivationAttempt> attempts, IReadOnlyList<LiveComparison> comparisons) => Line(writer =>
    {
        writer.WriteString("version", version.Id);
        Setting(writer, setting);
        writer.WritePropertyName("manifest");
        writer.WriteRawValue(version.Manifest.ToJson(indented: false), skipInputValidation: true);
        writer.WriteStartArray("attempts");
        foreach (var attempt in attempts)
        {
            writer.WriteStartObject();
            writer.WriteString("version", attempt.Version);
            writer.WriteString("previous", attempt.Previous);
            writer.WriteString("outcome", OutcomeText(attempt.Outcome));
            writer.WriteString("reason", attempt.Reason);
            writer.WriteString("by", attempt.By);
            writer.WriteString("at", attempt.At);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("live");
        foreach (var c in comparisons)
        {
            writer.WriteStartObject();
            writer.WriteString("active", c.Active);
            writer.WriteString("other", c.Other);
            writer.WriteNumber("rows", c.Rows);
            writer.WriteNumber("only_active", c.OnlyActive);
            writer.WriteNumber("only_other", c.OnlyOther);
            Number(writer, "mean_difference", c.MeanDifference);
            Number(writer, "root_mean_squared_difference", c.RootMeanSquaredDifference);
            Number(writer, "max_difference", c.MaxDifference);
            Number(writer, "correlation", c.Correlation);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    public static string SettingLine(AggregatorSetting setting) => Line(writer => Setting(writer, setting));

    public static string ImportLine(AggregatorVersion version, bool isNew) => Line(writer =>
    {
        writer.WriteString("name", version.Manifest.Name);
        writer.WriteString("version", version.Id);
        writer.WriteBoolean("new", isNew);
    });

    public static string ActivationLine(AggregatorChoice choice, ActivationResult result, bool forced) => Line(writer =>
    {
        writer.WriteString("name", choice.Name);
        writer.WriteString("version", choice.Id);
        writer.WriteBoolean("active", result.Active);
        writer.WriteBoolean("forced", forced);
        writer.WriteString("reason", result.Reason);
        writer.WriteString("active_version", result.Setting.Active);
        writer.WriteNumber("epoch", result.Setting.Epoch);
    });

    private static Table Figures(AggregatorFigures figures)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("out of fold");
        string[] names = [.. figures.Models.Values.SelectMany(static f => f.Keys).Where(static k => !k.EndsWith("_se", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)];
        foreach (var name in names) table.AddColumn(new TableColumn(name.Replace('_', ' ')).RightAligned());
        foreach (var (model, own) in figures.Models)
            table.AddRow([Markup.Escape(model), .. names.Select(n => own.TryGetValue(n, out var value) ? value.ToString("0.000", CultureInfo.InvariantCulture) : "")]);
        return table;
    }

    private static void Setting(Utf8JsonWriter writer, AggregatorSetting setting)
    {
        writer.WriteString("name", setting.Name);
        writer.WriteString("active_version", setting.Active);
        writer.WriteString("shadow", setting.Shadow);
        writer.WriteString("canary", setting.Canary);
        writer.WriteNumber("canary_share", setting.CanaryShare);
        writer.WriteNumber("epoch", setting.Epoch);
    }

    private static void Number(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumber(name, value);
        else writer.WriteNull(name);
    }

    private static string Line(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static double? FigureOf(AggregatorVersion version, string name) =>
        version.Manifest.Figures?.Models.GetValueOrDefault(version.Manifest.Basis.Recipe) is { } figures && figures.TryGetValue(name, out var value) ? value : null;

    private static string JudgeText(AggregatorJudge? judge) => judge is null ? "none" : $"{SweepTables.ScaleText(judge.Scale)}{(judge.IsFitted ? " fitted" : "")} {Start(judge.Rubric)} {Start(judge.Version)}".TrimEnd();

    private static string OutcomeText(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.Accepted => "accepted",
        AttemptOutcome.Refused => "refused",
        AttemptOutcome.Forced => "forced",
        _ => "rolled back",
    };

    private static string Short(string? id) => id is null ? "none" : AggregatorVersion.Short(id);

    private static string Start(string? hash, int most = 12) => hash is null ? "" : hash.Length > most ? hash[..most] : hash;

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
