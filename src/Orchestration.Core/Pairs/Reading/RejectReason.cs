namespace Orchestration.Core.Pairs.Reading;

/// <summary>Why a row was rejected. Stable: programs read them in <c>rejects.jsonl</c>.</summary>
internal static class RejectReason
{
    /// <summary>Not one well-formed JSON value.</summary>
    public const string InvalidJson = "invalid_json";

    /// <summary>Well-formed JSON, but not an object.</summary>
    public const string NotAnObject = "not_an_object";

    /// <summary>Nested deeper than 64 levels.</summary>
    public const string TooDeep = "too_deep";

    /// <summary>Longer than 64 MB.</summary>
    public const string TooLong = "too_long";

    /// <summary>Bytes that are not UTF-8, or an escape of half a surrogate pair.</summary>
    public const string InvalidUnicode = "invalid_unicode";

    /// <summary>A field that is read stands twice in one row.</summary>
    public const string DuplicateField = "duplicate_field";

    /// <summary>A required field is absent, null, or an empty id.</summary>
    public const string MissingField = "missing_field";

    /// <summary>A field holds another kind of value than it should.</summary>
    public const string WrongType = "wrong_type";

    /// <summary>The prompt is empty or white space.</summary>
    public const string EmptyPrompt = "empty_prompt";

    /// <summary>A number that is too large for a double.</summary>
    public const string NotFinite = "not_finite";

    /// <summary>A label that is no preference.</summary>
    public const string UnknownLabel = "unknown_label";

    /// <summary>An id that an earlier row has.</summary>
    public const string DuplicateId = "duplicate_id";

    /// <summary>A CSV row with more or fewer fields than the header.</summary>
    public const string CsvFields = "csv_fields";

    /// <summary>A CSV row whose quotes do not close, or are followed by text.</summary>
    public const string CsvQuotes = "csv_quotes";

    /// <summary>Where a compressed file breaks off.</summary>
    public const string TruncatedFile = "truncated_file";

    /// <summary>A row of a recorded file in a form that does not fit its file or the data.</summary>
    public const string RecordedForm = "recorded_form";
}

/// <summary>What is wrong with a row.</summary>
/// <param name="Reason">One of <see cref="RejectReason"/>.</param>
/// <param name="Message">What is wrong and how to cure it.</param>
internal sealed record RowFault(string Reason, string Message);
