using System.Text;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>The first rejected row of the inputs.</summary>
internal sealed record FirstReject(RowFormat Format, long Line, RowFault Fault, string Row);

/// <summary>The message for an input without a single good row: nearly always the fields have other names.</summary>
internal static class NothingRead
{
    private const int ExcerptChars = 200;

    public static OrchestrationException Error(IngestOptions options, FieldTable fields, FirstReject? first)
    {
        var files = string.Join(", ", options.Inputs);
        var wanted = $"The fields of {fields.Plural} are {string.Join(", ", fields.Names)}.";
        if (first is null) return new OrchestrationException(ErrorCodes.Input, $"{files} holds no rows. Rows are JSON lines or CSV. {wanted}");

        var excerpt = first.Row.Length > ExcerptChars ? first.Row[..ExcerptChars] + "…" : first.Row;
        var names = first.Format.Csv?.Names ?? FieldHints.NamesOf(Encoding.UTF8.GetBytes(first.Row));
        var maps = FieldHints.Options(fields, names);
        return new OrchestrationException(
            ErrorCodes.Input,
            $"{files} holds no good row. The first is {first.Format.Path}, line {first.Line}: {excerpt}\n{first.Fault.Message}\n{wanted}" +
            (maps.Length == 0 ? "" : $" Try {maps}."));
    }
}
