using System.Globalization;
using System.Text.RegularExpressions;

namespace Orchestration.Core.Rubrics;

/// <summary>
/// The section <c>## Checklist</c> of a rubric: <c>### id</c> for each criterion, below it a list of what it is worth and when it applies, and
/// then its text.
/// </summary>
/// <param name="path">The file, for messages.</param>
/// <param name="body">The rubric's body.</param>
internal sealed partial class ChecklistSection(string path, RubricBody body)
{
    public const string Name = "Checklist";

    private const int Level = 3;
    private const int MaxText = 4000;
    private const decimal MaxPoints = 1000m;

    /// <summary>Reads and checks the criteria.</summary>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Rubric"/>: there is no such section, or a criterion does not follow the format.</exception>
    public List<Criterion> Read(RubricHeader header)
    {
        if (header.Protocol != RubricProtocol.Score)
            throw Fault(1, "a comparison has no checklist to compile: write a score rubric, by which each answer of a comparison is scored on its own.");
        if (header.Dimensions.Count != 1)
            throw Fault(1, $"the rubric has {RubricFault.Number(header.Dimensions.Count)} dimensions, and a checklist comes to one score: write a rubric for each.");
        if (body.Section(Name) is not { } section)
            throw Fault(body.LastLine, "there are no criteria to compile: add a section '## Checklist' with '### criterion-id' for each criterion and its text below.");
        var headings = body.BelowOf(section);
        var criteria = new List<Criterion>();
        for (var i = 0; i < headings.Count - 1; i++)
        {
            var heading = headings[i];
            if (heading.Level != Level) throw Fault(heading.Line, $"below '## Checklist' every heading is a criterion, '### {heading.Text}'.");
            if (!IdPattern().IsMatch(heading.Text))
                throw Fault(heading.Line, $"the criterion '{heading.Text}' must be named by lower case words of a–z and 0–9 joined by single hyphens, e.g. '### names-source'. What it asks stands below.");
            if (criteria.Exists(c => c.Id == heading.Text)) throw Fault(heading.Line, $"criterion '{heading.Text}' stands twice; give one of them another name.");
            criteria.Add(ReadOne(heading, headings[i + 1].Line, header));
        }

        if (criteria.Count == 0)
            throw Fault(section.Line, "the section '## Checklist' has no criterion: write '### criterion-id' and below it what has to hold of the answer.");
        return criteria.Count <= RubricChecklist.MaxCriteria
            ? criteria
            : throw Fault(section.Line, $"the checklist has {RubricFault.Number(criteria.Count)} criteria; {RubricFault.Number(RubricChecklist.MaxCriteria)} at most fit one call. Write two rubrics.");
    }

    private Criterion ReadOne(RubricHeading heading, int end, RubricHeader header)
    {
        var (points, needsQuote) = (1m, true);
        var conditions = new List<CriterionCondition>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var line = heading.Line + 1;
        for (; line < end && line <= body.LineCount; line++)
        {
            var text = body.Line(line);
            if (text.Length == 0) continue;
            if (AttributePattern().Match(text) is not { Success: true } match) break;
            var (key, value) = (match.Groups["key"].Value, match.Groups["value"].Value);
            if (key != "when" && !seen.Add(key)) throw Fault(line, $"'{key}' of criterion '{heading.Text}' stands twice; keep one.");
            switch (key)
            {
                case "points":
                    points = Points(value, heading.Text, line);
                    break;
                case "evidence":
                    needsQuote = value switch
                    {
                        "quote" => true,
                        "none" => false,
                        _ => throw Fault(line, $"evidence of criterion '{heading.Text}' is '{value}'; write quote, or none for what an answer must not do."),
                    };
                    break;
                case "when":
                    conditions.Add(Condition(value, header, line));
                    break;
                default:
                    throw Fault(line, $"'{key}' is nothing that a criterion states; it states points, evidence and when. If it belongs to the criterion's text, begin the text with a sentence.");
            }
        }

        var words = new List<string>();
        for (; line < end && line <= body.LineCount; line++) words.Add(body.Line(line));
        var content = string.Join('\n', words).Trim('\n');
        if (content.Length == 0) throw Fault(heading.Line, $"criterion '{heading.Text}' has no text: say below it what has to hold of the answer.");
        return content.Length <= MaxText
            ? new Criterion(heading.Text, content, points, needsQuote, conditions)
            : throw Fault(heading.Line, $"criterion '{heading.Text}' has {RubricFault.Number(content.Length)} characters; {RubricFault.Number(MaxText)} at most. A criterion is one thing to check.");
    }

    private CriterionCondition Condition(string text, RubricHeader header, int line)
    {
        var condition = CriterionCondition.Parse(text, out var fault) ?? throw Fault(line, fault!);

        // The model could not check what it is not shown.
        if (condition.Text == "has context" && header.Context == MaterialUse.Never)
            throw Fault(line, "the criterion applies where there is context, and the judge is shown none: add 'context: optional' to the front matter.");
        if (condition.Text == "has reference" && header.Reference == MaterialUse.Never)
            throw Fault(line, "the criterion applies where there is a reference, and the judge is shown none: add 'reference: optional' to the front matter.");
        return condition;
    }

    private decimal Points(string text, string criterion, int line) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var points) && points > 0 && points <= MaxPoints && decimal.Round(points, 3) == points
            ? points
            : throw Fault(line, $"points of criterion '{criterion}' are '{text}'; write a number above 0, at most 1000, with at most three decimals. What costs points is written as a criterion that the answer meets by not doing it.");

    private OrchestrationException Fault(int line, string message) => RubricFault.At(path, line, message);

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex IdPattern();

    [GeneratedRegex("^[-*] (?<key>[a-z]+): *(?<value>[^ ].*)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex AttributePattern();
}
