namespace Orchestration.Core.Pairs.Reading;

/// <summary>The message for an input without a single good row: nearly always the fields have other names.</summary>
internal static class NothingRead
{
    public static OrchestrationException Error(IngestOptions options, FieldTable fields, (string Path, long Line, RowFault Fault, string Row)? first)
    {
        var files = string.Join(", ", options.Inputs);
        if (first is not { } rejected)
            return new OrchestrationException(ErrorCodes.Input, $"{files} holds no rows. Rows are JSON lines or CSV with the fields {string.Join(", ", fields.Names)}.");

        var excerpt = rejected.Row.Length > 200 ? rejected.Row[..200] + "…" : rejected.Row;
        var names = FieldHints.NamesOf(System.Text.Encoding.UTF8.GetBytes(rejected.Row));
        var options2 = FieldHints.Options(fields, names);
        return new OrchestrationException(
            ErrorCodes.Input,
            $"{files} holds no good row. The first is {rejected.Path}, line {rejected.Line}: {excerpt}\n" +
            $"{rejected.Fault.Message}\nThe fields of {fields.Plural} are {string.Join(", ", fields.Names)}." +
            (options2.Length == 0 ? "" : $" Try {options2}."));
    }
}
