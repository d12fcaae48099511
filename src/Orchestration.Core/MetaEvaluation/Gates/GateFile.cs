using Orchestration.Core.Configuration;

namespace Orchestration.Core.MetaEvaluation.Gates;

/// <summary>One threshold.</summary>
/// <param name="Name">What it is called in the table.</param>
/// <param name="Field">The field that it looks at, by name or path.</param>
/// <param name="Margin">How much worse is still good enough, 0 or more, on the field's scale.</param>
/// <param name="LowerIsBetter">True where the field's lower value is the better one.</param>
/// <param name="Bound">A fixed value that the mean must reach (at most, where lower is better); null: the baseline's.</param>
/// <param name="WhereField">A field that must have <paramref name="WhereIs"/> for a row to count; null for all rows.</param>
/// <param name="WhereIs">Its value.</param>
public sealed record GateThreshold(string Name, string Field, double Margin, bool LowerIsBetter, double? Bound, string? WhereField, string? WhereIs);

/// <summary>Thresholds as a file states them.</summary>
public sealed record GateFile
{
    /// <summary>Chance that no gate of all is wrong, between 0 and 1; default 0.95.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Prompts below which a gate decides nothing; default 20.</summary>
    public int MinPrompts { get; init; } = 20;

    /// <summary>Share of items that may lack a value on either side, 0–1; above it a gate decides nothing. Default 0.05.</summary>
    public double MaxMissing { get; init; } = 0.05;

    /// <summary>The thresholds, at least one.</summary>
    public required IReadOnlyList<GateThreshold> Gates { get; init; }

    /// <summary>True where some threshold is held against the baseline.</summary>
    public bool NeedsBaseline => Gates.Any(static g => g.Bound is null);

    /// <summary>Reads a file.</summary>
    /// <param name="path">A YAML file.</param>
    /// <exception cref="OrchestrationException">It cannot be read, or states something that cannot be (all problems at once, with their lines).</exception>
    public static GateFile Load(string path)
    {
        if (!File.Exists(path)) throw new OrchestrationException(ErrorCodes.Input, $"The thresholds '{path}' do not exist. Check --thresholds.");
        var problems = new ConfigurationProblems(path);
        if (ConfigurationReader.Root(File.ReadAllText(path), path) is not YamlDotNet.RepresentationModel.YamlMappingNode root)
            throw new OrchestrationException(ErrorCodes.Configuration, $"{path} states no thresholds. Write 'gates:' and under it a list of '- name: …' with 'field' and 'margin'.");
        var file = new ConfigurationSection(root, "", problems);
        var gates = new List<GateThreshold>();
        foreach (var section in file.Sections("gates", "Write '- name: quality' and under it 'field' and 'margin'.") ?? [])
        {
            if (Gate(section, problems) is { } gate) gates.Add(gate);
        }

        if (!file.Has("gates")) problems.Add(1, "gates is missing. Write a list of '- name: …' with 'field' and 'margin'.");
        foreach (var twice in gates.GroupBy(static g => g.Name, StringComparer.Ordinal).Where(static g => g.Count() > 1)) file.Problem("gates", $"two gates are called '{twice.Key}'. Give each a name of its own.");
        var read = new GateFile
        {
            Level = file.Number("level", 0.5, 0.9999, "a chance") ?? 0.95,
            MinPrompts = file.Integer("min-prompts", 2, 1_000_000, "prompts") ?? 20,
            MaxMissing = file.Number("max-missing", 0, 1, "a share") ?? 0.05,
            Gates = gates,
        };
        file.RefuseUnknown();
        problems.ThrowIfAny();
        return gates.Count != 0 ? read : throw new OrchestrationException(ErrorCodes.Configuration, $"{path} has an empty list of gates. Write at least one.");
    }

    private static GateThreshold? Gate(ConfigurationSection section, ConfigurationProblems problems)
    {
        var field = section.RequiredText("field", "Write the field that is looked at, such as score or scores.helpful.");
        var name = section.Text("name") ?? field;
        var lower = section.OneOf("better", ("higher", false), ("lower", true)) ?? false;
        var (least, most) = (section.Number("at-least", -1e12, 1e12, "a value"), section.Number("at-most", -1e12, 1e12, "a value"));
        if (section.Has("at-least") && section.Has("at-most")) section.Problem("at-most", $"{section.Option("at-most")} stands beside at-least. Write two gates.");
        if (section.Has("at-most") && !lower && section.Has("better")) section.Problem("better", $"{section.Option("better")} is higher, and at-most says that lower is better. Leave one out.");
        if (section.Has("at-least") && lower) section.Problem("better", $"{section.Option("better")} is lower, and at-least says that higher is better. Leave one out.");
        var isFixed = section.Has("at-least") || section.Has("at-most");
        if (!isFixed && !section.Has("margin")) problems.Add(section.Line, $"{section.Option("margin")} is missing. Write how much worse than the baseline is still good enough; 0 for not at all.");
        var margin = section.Number("margin", 0, 1e12, "a difference on the field's scale") ?? 0;
        var where = section.Section("where", "Write 'where: {field: category, is: coding}'.");
        var (whereField, whereIs) = (where?.RequiredText("field", "Write the field that is looked at."), where?.RequiredText("is", "Write the value that rows must have."));
        where?.RefuseUnknown();
        section.RefuseUnknown();
        return field is null ? null : new GateThreshold(name!, field, margin, lower || section.Has("at-most"), least ?? most, whereField, whereIs);
    }
}
