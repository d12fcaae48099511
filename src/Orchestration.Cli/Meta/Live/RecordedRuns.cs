using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.MetaEvaluation.Probing;

namespace Orchestration.Cli.Meta.Live;

/// <summary>Reads what judges said in earlier runs, with the scales that are known of them.</summary>
internal static class RecordedRuns
{
    /// <param name="files">Files of results or verdicts.</param>
    /// <param name="scales">Scales by judge.</param>
    /// <param name="add">Adds a file, which has a place among the files.</param>
    public static JudgedRows Read(IReadOnlyList<string> files, RecordedScales scales, Action<JudgedRows, string, int> add)
    {
        foreach (var file in files)
        {
            if (!File.Exists(file)) throw new OrchestrationException(ErrorCodes.Input, $"{file}: there is no such file.");
        }

        var known = new Dictionary<string, Scale>(StringComparer.Ordinal);
        var rows = new JudgedRows { Scales = known };
        for (var i = 0; i < files.Count; i++) add(rows, files[i], i);
        if (rows.Ids.Count == 0) throw new OrchestrationException(ErrorCodes.Input, $"{string.Join(", ", files)}: there are no rows of results or verdicts.");
        foreach (var judge in rows.Judges)
        {
            if (scales.TryGetValue(judge, out var scale)) known[judge] = scale;
        }

        return rows;
    }
}
