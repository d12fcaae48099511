using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orchestration.Core.Judging;

namespace Orchestration.Core.Rubrics;

/// <summary>
/// What the version of a rubric is the hash of. docs/reference/rubric-format.md states it for people; the two are one definition.
/// </summary>
internal static class RubricVersion
{
    /// <summary>64 lower-case hexadecimal digits.</summary>
    public static string Of(Rubric rubric) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Content(rubric))));

    /// <summary>The canonical content: the fields in a fixed order, an empty line, the canonical body.</summary>
    public static string Content(Rubric rubric)
    {
        if (rubric.Checklist is not null) return RubricBundle.Content(rubric);
        var content = new StringBuilder("orchestration-rubric 1\n");
        Line("id", rubric.Id);
        Line("title", rubric.Title);
        Line("protocol", RubricNames.Of(rubric.Protocol));
        Line("needs-reference", rubric.NeedsReference ? "true" : "false");
        Line("reply", RubricNames.Of(rubric.ReplyForm));
        Line("think-first", rubric.ThinkFirst ? "true" : "false");

        // Only where they are set: the versions of rubrics that know nothing of them are what they always were.
        if (rubric.Reference == MaterialUse.Optional) Line("reference", RubricNames.Of(rubric.Reference));
        if (rubric.Context != MaterialUse.Never) Line("context", RubricNames.Of(rubric.Context));
        foreach (var (name, title, scale) in rubric.Dimensions)
        {
            // A name never is a hyphen alone, and only the title, which stands last, can hold spaces.
            var numbers = $"{Number(scale.Min)} {Number(scale.Max)} {Number(scale.Step)}";
            Line("dimension", $"{name ?? "-"} {numbers} {RubricNames.Of(scale.Direction)} {title}");
        }

        return content.Append('\n').Append(rubric.Text).ToString();

        void Line(string key, string value) => content.Append(key).Append(": ").Append(value).Append('\n');
    }

    /// <summary>Shortest form, without exponent: 4, 0.1, -1. The format allows at most six decimals, for which this is exact.</summary>
    public static string Number(double value) => value == 0 ? "0" : value.ToString("0.######", CultureInfo.InvariantCulture);
}

/// <summary>The words of the format for the enumerations.</summary>
internal static class RubricNames
{
    public static readonly IReadOnlyList<(string Name, RubricProtocol Value)> Protocols =
        [("score", RubricProtocol.Score), ("compare", RubricProtocol.Compare)];

    public static readonly IReadOnlyList<(string Name, Direction Value)> Directions =
        [("higher-is-better", Direction.HigherIsBetter), ("lower-is-better", Direction.LowerIsBetter)];

    public static readonly IReadOnlyList<(string Name, ReplyForm Value)> ReplyForms =
    [
        ("json", ReplyForm.Json), ("number", ReplyForm.Number), ("verdict", ReplyForm.Verdict), ("prometheus", ReplyForm.Prometheus),
        ("judgelm", ReplyForm.JudgeLm), ("auto-j", ReplyForm.AutoJ), ("pandalm", ReplyForm.PandaLm), ("skywork", ReplyForm.Skywork),
        ("critique", ReplyForm.Critique), ("checklist", ReplyForm.Checklist),
    ];

    public static readonly IReadOnlyList<(string Name, MaterialUse Value)> Uses =
        [("never", MaterialUse.Never), ("optional", MaterialUse.Optional), ("required", MaterialUse.Required)];

    public static string Of(RubricProtocol value) => Protocols.First(p => p.Value == value).Name;

    public static string Of(Direction value) => Directions.First(d => d.Value == value).Name;

    public static string Of(MaterialUse value) => Uses.First(u => u.Value == value).Name;

    public static string Of(ReplyForm value) => ReplyForms.First(r => r.Value == value).Name;

    /// <summary>The reply forms that a protocol can use.</summary>
    public static IReadOnlyList<(string Name, ReplyForm Value)> FormsOf(RubricProtocol protocol) =>
        [.. ReplyForms.Where(r => protocol == RubricProtocol.Score
            ? r.Value is ReplyForm.Json or ReplyForm.Number or ReplyForm.Prometheus or ReplyForm.JudgeLm or ReplyForm.AutoJ or ReplyForm.Critique
                or ReplyForm.Checklist
            : r.Value is ReplyForm.Verdict or ReplyForm.PandaLm or ReplyForm.Skywork or ReplyForm.JudgeLm or ReplyForm.AutoJ
                or ReplyForm.Critique)];
}
