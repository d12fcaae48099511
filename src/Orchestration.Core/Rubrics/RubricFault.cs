using System.Globalization;

namespace Orchestration.Core.Rubrics;

/// <summary>What is wrong with a rubric file: always <c>file:line: what, and the cure</c>.</summary>
internal static class RubricFault
{
    public static OrchestrationException At(string path, int line, string message, Exception? cause = null) =>
        new(ErrorCodes.Rubric, $"{path}:{Number(line)}: {message}", cause);

    public static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
