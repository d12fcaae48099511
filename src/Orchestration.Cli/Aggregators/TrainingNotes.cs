using System.Globalization;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;

namespace Orchestration.Cli.Aggregators;

/// <summary>What has to be said of rows before anything is learned from them: what was rejected or left out, and scales that nobody stated.</summary>
internal sealed class TrainingNotes(CliContext context)
{
    public async Task OfReadingAsync(TrainingRows rows, TrainingInput input)
    {
        if (rows.Rejected != 0)
        {
            var reasons = string.Join(", ", rows.RejectedByReason.OrderByDescending(static r => r.Value).Select(static r => string.Create(CultureInfo.InvariantCulture, $"{r.Key} {r.Value:N0}")));
            await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rows.Rejected:N0} rows rejected ({reasons}){(input.RejectsPath is null ? "" : $": see {input.RejectsPath}")}. The first: {rows.FirstReject}"));
        }

        if (rows.Unlabelled != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rows.Unlabelled:N0} rows have no value in '{input.Target}' and are not learned from"));
        if (rows.Simulated != 0) await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"SIMULATED: {rows.Simulated:N0} of {rows.Count:N0} targets were given by personas, not by people"));
        if (rows.HasLoneRows) await context.Error.WriteLineAsync("rows without a group or prompt stand alone: if several are of one prompt, name its field with --group, or figures are flattered");
    }

    public async Task OfJudgesAsync(TrainingSet set)
    {
        var fitted = set.Judges.Where(static j => j.IsFitted).ToArray();
        if (fitted.Length != 0)
            await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"no scale is stated for {Some(fitted)}: the range in these rows is taken, higher taken as better. Add --scale {fitted[0].Name}=MIN..MAX, or --scale '*=MIN..MAX', to state it"));
        if (set.LeftOut.Count != 0) await context.Error.WriteLineAsync($"left out: {string.Join("; ", set.LeftOut.Select(static l => $"{l.Judge} ({l.Reason})"))}");
    }

    private static string Some(AggregatorJudge[] judges) => judges.Length <= 3
        ? string.Join(", ", judges.Select(static j => j.Name))
        : string.Create(CultureInfo.InvariantCulture, $"{judges[0].Name}, {judges[1].Name} and {judges.Length - 2} more");
}
