using System.Globalization;
using System.Text.RegularExpressions;
using Orchestration.Core.Judging;

namespace Orchestration.Core.Rubrics;

/// <summary>
/// The section of bands: together they cover the scale from one end to the other, in order, without a gap and without an overlap, counted
/// in steps of the scale (3.0–3.9 follows 4.0 on a step of 0.1). On a continuous scale neighbours share their bound.
/// </summary>
/// <param name="path">The file, for messages.</param>
/// <param name="dimensions">What the rubric scores.</param>
/// <param name="headings">The headings inside the section, with one of level 0 at its end.</param>
/// <param name="describes">Whether something is said between two lines.</param>
internal sealed partial class RubricBands(
    string path,
    IReadOnlyList<RubricDimension> dimensions,
    List<RubricHeading> headings,
    Func<int, int, bool> describes)
{
    private const int SharedLevel = 3;

    public void Check(RubricHeading section)
    {
        if (headings.Exists(h => h.Level == SharedLevel && IsDimension(h)))
        {
            CheckEachDimension(section);
            return;
        }

        if (dimensions.FirstOrDefault(d => d.Scale != dimensions[0].Scale) is { } other)
            throw Fault(
                section.Line,
                $"dimensions '{dimensions[0].Name}' and '{other.Name}' have different scales; give each dimension its own bands: "
                + "'### name' and below it '#### range'.");
        CheckScale(dimensions[0].Scale, SharedLevel, section.Line, 0, headings.Count - 1);
    }

    private void CheckEachDimension(RubricHeading section)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        for (var at = 0; at < headings.Count - 1;)
        {
            var heading = headings[at];
            if (!IsDimension(heading))
                throw Fault(
                    heading.Line,
                    $"'{heading.Text}' is no dimension. Below '## Bands' stands '### name' once for each of: "
                    + $"{string.Join(", ", dimensions.Select(d => d.Name))}.");
            if (!done.Add(heading.Text)) throw Fault(heading.Line, $"dimension '{heading.Text}' has its bands twice; keep one.");
            var end = headings.FindIndex(at + 1, h => h.Level <= SharedLevel);
            CheckScale(dimensions.First(d => d.Name == heading.Text).Scale, SharedLevel + 1, heading.Line, at + 1, end);
            at = end;
        }

        if (dimensions.FirstOrDefault(d => !done.Contains(d.Name ?? "")) is { } missing)
            throw Fault(section.Line, $"dimension '{missing.Name}' has no bands; add '### {missing.Name}' and its bands below.");
    }

    /// <summary>Checks the bands among headings [start, end), where headings[end] ends the last of them.</summary>
    private void CheckScale(Scale scale, int level, int line, int start, int end)
    {
        var bands = new List<Band>();
        for (var i = start; i < end; i++)
        {
            if (headings[i].Level < level)
                throw Fault(
                    headings[i].Line,
                    $"heading '{headings[i].Text}' stands above the bands' level; bands are headings '{new string('#', level)} "
                    + "range'.");
            if (headings[i].Level > level) continue;
            var next = headings.FindIndex(i + 1, h => h.Level <= level);
            var band = Read(headings[i], scale, level);
            if (!describes(band.Line, headings[next].Line)) throw Fault(band.Line, $"band {band} says nothing; describe what earns it.");
            bands.Add(band);
        }

        if (bands.Count == 0)
            throw Fault(
                line,
                $"there are no bands here; add headings '{new string('#', level)} range' from {Text((decimal)scale.Max)} down to "
                + $"{Text((decimal)scale.Min)}.");
        CheckCover(bands, scale);
    }

    private void CheckCover(List<Band> bands, Scale scale)
    {
        decimal min = (decimal)scale.Min, max = (decimal)scale.Max, step = (decimal)scale.Step;
        var rising = bands[0].Low == min && bands[0].High != max;
        var expected = rising ? min : max;
        Band? previous = null;
        foreach (var band in bands)
        {
            var edge = rising ? band.Low : band.High;
            if (edge != expected) throw Uncovered(band, previous, rising, expected, edge);
            expected = rising ? band.High + step : band.Low - step;
            previous = band;
        }

        var reached = rising ? previous!.High : previous!.Low;
        var last = rising ? max : min;
        if (reached != last)
            throw Fault(previous.Line, $"the bands end at {Text(reached)}; they must reach {Text(last)}, the end of the scale.");
    }

    private OrchestrationException Uncovered(Band band, Band? previous, bool rising, decimal expected, decimal edge)
    {
        if (previous is null) return Fault(band.Line, $"the first band is {band}; bands begin at {Text(expected)}, an end of the scale.");
        var overlaps = rising ? edge < expected : edge > expected;
        return Fault(band.Line, overlaps
            ? $"band {band} overlaps band {previous} or is out of order; it must {(rising ? "begin" : "end")} at {Text(expected)}."
            : $"between band {previous} and band {band} the scale has scores that no band describes; "
                + $"it must {(rising ? "begin" : "end")} at {Text(expected)}.");
    }

    private Band Read(RubricHeading heading, Scale scale, int level)
    {
        var match = RangePattern().Match(heading.Text);
        if (!match.Success)
            throw Fault(
                heading.Line,
                $"'{heading.Text}' is no band. A band is '{new string('#', level)} 3.0–3.9' or '{new string('#', level)} 4.0', "
                + "with a label after a colon if wanted.");
        var low = Number(match.Groups["low"].Value);
        var high = match.Groups["high"].Success ? Number(match.Groups["high"].Value) : low;
        var band = new Band(low, high, heading.Line);
        if (low > high) throw Fault(heading.Line, $"band {band} is written downwards; write its lower end first.");
        CheckOnScale(band, low, scale);
        CheckOnScale(band, high, scale);
        return band;
    }

    private void CheckOnScale(Band band, decimal value, Scale scale)
    {
        decimal min = (decimal)scale.Min, max = (decimal)scale.Max, step = (decimal)scale.Step;
        if (value < min || value > max)
            throw Fault(band.Line, $"{Text(value)} of band {band} lies off the scale {Text(min)} to {Text(max)}.");
        if (step > 0 && (value - min) % step != 0)
            throw Fault(band.Line, $"{Text(value)} of band {band} is no score of the scale, whose step is {Text(step)}.");
    }

    private bool IsDimension(RubricHeading heading) =>
        heading.Level == SharedLevel && dimensions.Any(d => string.Equals(d.Name, heading.Text, StringComparison.Ordinal));

    private static decimal Number(string text) => decimal.Parse(
        text.Replace('\u2212', '-'), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static string Text(decimal value) => RubricVersion.Number((double)value);

    private OrchestrationException Fault(int line, string message) => RubricFault.At(path, line, message);

    // At most seven digits on each side: more would be no score of any scale, and could not be read as a decimal number.
    [GeneratedRegex("^(?<low>[-\u2212]?[0-9]{1,7}(\\.[0-9]{1,7})?)"
        + "([ ]*(\u2013|-|to)[ ]*(?<high>[-\u2212]?[0-9]{1,7}(\\.[0-9]{1,7})?))?([ ]*:.*)?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex RangePattern();

    private sealed record Band(decimal Low, decimal High, int Line)
    {
        public override string ToString() => Low == High ? Text(Low) : $"{Text(Low)}–{Text(High)}";
    }
}
