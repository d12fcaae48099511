using System.Globalization;

namespace Orchestration.Core.Configuration;

/// <summary>Collects what is wrong in one file, or in a configuration without lines, so that it is all told at once.</summary>
internal sealed class ConfigurationProblems(string file, bool hasLines = true)
{
    private readonly List<(long Line, string Message)> _problems = [];

    /// <summary>Notes a problem.</summary>
    /// <param name="line">From 1.</param>
    /// <param name="message">Option, value with unit, what was broken, and the cure.</param>
    public void Add(long line, string message) => _problems.Add((line, message));

    /// <summary>Throws where anything was noted: a line each, in the order of the file.</summary>
    public void ThrowIfAny()
    {
        if (_problems.Count == 0) return;
        var lines = _problems.OrderBy(problem => problem.Line)
            .Select(problem => hasLines ? string.Create(CultureInfo.InvariantCulture, $"{file}:{problem.Line}: {problem.Message}") : $"{file}: {problem.Message}");
        throw new OrchestrationException(ErrorCodes.Configuration, string.Join('\n', lines));
    }
}
