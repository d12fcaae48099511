using System.Text.Json;

namespace Orchestration.Simulation.Endpoint.Batches;

/// <summary>A batch's state, as it is written.</summary>
internal enum BatchState
{
    Validating,
    InProgress,
    Finalizing,
    Completed,
    Failed,
    Expired,
    Cancelling,
    Cancelled,
}

/// <summary>One batch. Times are Unix seconds; 0 for not yet. Guarded by the desk's lock.</summary>
internal sealed class Batch
{
    public required string Id { get; init; }

    public required string Endpoint { get; init; }

    public required string InputFileId { get; init; }

    public required string Window { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required List<BatchLine> Lines { get; init; }

    public required List<BatchFault> Faults { get; init; }

    public required ScriptedBatchEnd End { get; init; }

    /// <summary>The clock's timestamp at its creation.</summary>
    public required long Began { get; init; }

    public required long CreatedAt { get; init; }

    public BatchState State { get; set; }

    /// <summary>Lines answered before it was cancelled; -1 where it was not.</summary>
    public int DoneAtCancel { get; set; } = -1;

    public int Completed { get; set; }

    public int Failed { get; set; }

    public string? OutputFileId { get; set; }

    public string? ErrorFileId { get; set; }

    public Dictionary<BatchState, long> Reached { get; } = [];

    public bool IsOver => State is BatchState.Completed or BatchState.Failed or BatchState.Expired or BatchState.Cancelled;

    public void Enter(BatchState state, long at)
    {
        State = state;
        Reached[state] = at;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, Id);
        json.WriteString("object"u8, "batch"u8);
        json.WriteString("endpoint"u8, Endpoint);
        if (Faults.Count > 0 && State == BatchState.Failed) Errors(json);
        else json.WriteNull("errors"u8);
        json.WriteString("input_file_id"u8, InputFileId);
        json.WriteString("completion_window"u8, Window);
        json.WriteString("status"u8, Name(State));
        json.WriteString("output_file_id"u8, OutputFileId);
        json.WriteString("error_file_id"u8, ErrorFileId);
        json.WriteNumber("created_at"u8, CreatedAt);
        json.WriteNumber("expires_at"u8, CreatedAt + 86_400);
        foreach (var state in Enum.GetValues<BatchState>())
        {
            if (state == BatchState.Validating) continue;
            if (Reached.TryGetValue(state, out var at)) json.WriteNumber(Name(state) + "_at", at);
            else json.WriteNull(Name(state) + "_at");
        }

        json.WriteStartObject("request_counts"u8);
        json.WriteNumber("total"u8, State is BatchState.Validating or BatchState.Failed ? 0 : Lines.Count);
        json.WriteNumber("completed"u8, Completed);
        json.WriteNumber("failed"u8, Failed);
        json.WriteEndObject();
        json.WriteStartObject("metadata"u8);
        foreach (var (key, value) in Metadata) json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Errors(Utf8JsonWriter json)
    {
        json.WriteStartObject("errors"u8);
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        foreach (var fault in Faults)
        {
            json.WriteStartObject();
            json.WriteString("code"u8, fault.Code);
            json.WriteString("message"u8, fault.Message);
            json.WriteString("param"u8, fault.Parameter);
            if (fault.Line is { } line) json.WriteNumber("line"u8, line);
            else json.WriteNull("line"u8);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Name(BatchState state) => state switch
    {
        BatchState.InProgress => "in_progress",
        _ => state.ToString().ToLowerInvariant(),
    };
}
