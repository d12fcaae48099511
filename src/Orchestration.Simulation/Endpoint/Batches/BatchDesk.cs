using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Orchestration.Core.Judging;
using Orchestration.Simulation.Replies;

namespace Orchestration.Simulation.Endpoint.Batches;

/// <summary>
/// Takes batches, moves them on by the clock whenever somebody looks, and works their lines when they end. Safe for concurrent use.
/// </summary>
internal sealed class BatchDesk(ScriptedEndpointOptions options, TimeProvider time, EndpointBooks books, ScriptedJudge judge, FileShelf files)
{
    private readonly Lock _lock = new();
    private readonly List<Batch> _batches = [];
    private readonly FaultPlan _plan = Plan(options);
    private int _made;

    /// <summary>Makes a batch; a file that is no batch's makes one that fails.</summary>
    public Batch Create(StoredFile input, string endpoint, string window, IReadOnlyDictionary<string, string> metadata)
    {
        var (lines, faults) = BatchFile.Read(input.Content, endpoint, options.Batches.MaxRequests, options.Models);
        lock (_lock)
        {
            var end = _made < options.Batches.Ends.Count ? options.Batches.Ends[_made] : ScriptedBatchEnd.Completed;
            if (end == ScriptedBatchEnd.Failed && faults.Count == 0) faults.Add(new BatchFault("token_limit_exceeded", "Enqueued token limit reached for this model. Please try again once some in_progress batches have been completed.", null, null));
            var batch = new Batch
            {
                Id = "batch_" + (++_made).ToString("x6", CultureInfo.InvariantCulture),
                Endpoint = endpoint,
                InputFileId = input.Id,
                Window = window,
                Metadata = metadata,
                Lines = lines,
                Faults = faults,
                End = end,
                Began = time.GetTimestamp(),
                CreatedAt = time.GetUtcNow().ToUnixTimeSeconds(),
            };
            _batches.Add(batch);
            books.BatchMade();
            return batch;
        }
    }

    /// <summary>Writes a batch as it stands now; false where there is none.</summary>
    public bool TryWrite(string id, IBufferWriter<byte> output) => TryWrite(id, output, cancels: false);

    /// <summary>Cancels a batch that is not over and writes it; false where there is none.</summary>
    public bool TryCancel(string id, IBufferWriter<byte> output) => TryWrite(id, output, cancels: true);

    /// <summary>Writes batches, newest first.</summary>
    public void List(string? after, int limit, IBufferWriter<byte> output)
    {
        lock (_lock)
        {
            var newest = Enumerable.Reverse(_batches).ToList();
            var from = after is null ? 0 : newest.FindIndex(batch => string.Equals(batch.Id, after, StringComparison.Ordinal)) + 1;
            var page = newest.Skip(from).Take(limit).ToList();
            foreach (var batch in page) Advance(batch);
            using var json = new Utf8JsonWriter(output, CompletionWriter.Options);
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            foreach (var batch in page) batch.Write(json);
            json.WriteEndArray();
            json.WriteString("first_id"u8, page.Count == 0 ? null : page[0].Id);
            json.WriteString("last_id"u8, page.Count == 0 ? null : page[^1].Id);
            json.WriteBoolean("has_more"u8, from + page.Count < newest.Count);
            json.WriteEndObject();
        }
    }

    private bool TryWrite(string id, IBufferWriter<byte> output, bool cancels)
    {
        lock (_lock)
        {
            if (_batches.Find(batch => string.Equals(batch.Id, id, StringComparison.Ordinal)) is not { } batch) return false;
            Advance(batch);
            if (cancels && !batch.IsOver)
            {
                var share = options.Batches.Duration > TimeSpan.Zero ? Math.Clamp((time.GetElapsedTime(batch.Began) / options.Batches.Duration - 0.1) / 0.8, 0, 1) : 0;
                batch.DoneAtCancel = (int)(batch.Lines.Count * share);
                batch.Enter(BatchState.Cancelling, Now());
            }

            using var json = new Utf8JsonWriter(output, CompletionWriter.Options);
            batch.Write(json);
            return true;
        }
    }

    private void Advance(Batch batch)
    {
        if (batch.IsOver) return;
        if (batch.State == BatchState.Cancelling)
        {
            Work(batch, batch.DoneAtCancel, "batch_cancelled", "This request was cancelled before it was executed.");
            batch.Enter(BatchState.Cancelled, Now());
            return;
        }

        var (elapsed, duration) = (time.GetElapsedTime(batch.Began), options.Batches.Duration);
        if (elapsed < duration * 0.1) return;
        if (batch.Faults.Count > 0)
        {
            batch.Enter(BatchState.Failed, Now());
            return;
        }

        if (batch.State == BatchState.Validating) batch.Enter(BatchState.InProgress, Now());
        if (batch.State == BatchState.InProgress && elapsed >= duration * 0.9) batch.Enter(BatchState.Finalizing, Now());
        if (elapsed < duration) return;
        if (batch.End == ScriptedBatchEnd.Expired)
        {
            Work(batch, (int)(batch.Lines.Count * options.Batches.DoneAtExpiry), "batch_expired", "This request could not be executed before the completion window expired.");
            batch.Enter(BatchState.Expired, Now());
            return;
        }

        Work(batch, batch.Lines.Count, "", "");
        batch.Enter(BatchState.Completed, Now());
    }

    /// <summary>Answers the first lines, in an order of its own, and tells the others why they were not.</summary>
    private void Work(Batch batch, int done, string code, string message)
    {
        var (output, errors) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        var lines = batch.Lines.OrderBy(line => ContentHash.Of(line.CustomId, options.Seed)).ThenBy(line => line.CustomId, StringComparer.Ordinal);
        var at = 0;
        foreach (var line in lines)
        {
            if (at++ < done)
            {
                Answer(batch, line, output, errors);
                continue;
            }

            batch.Failed++;
            Write(errors, line, null, (code, message));
        }

        if (output.WrittenCount > 0) batch.OutputFileId = files.Add(batch.Id + "_output.jsonl", "batch_output", output.WrittenSpan.ToArray()).Id;
        if (errors.WrittenCount > 0) batch.ErrorFileId = files.Add(batch.Id + "_error.jsonl", "batch_output", errors.WrittenSpan.ToArray()).Id;
    }

    private void Answer(Batch batch, BatchLine line, ArrayBufferWriter<byte> output, ArrayBufferWriter<byte> errors)
    {
        var attempt = books.Attempt(line.Hash);
        var reply = judge.Reply(line.Call with { Attempt = attempt }, _plan.IsActive ? _plan.Decide(line.Hash, attempt) : ScriptedFault.None);
        if (reply.Fault != ScriptedFault.None) books.Fault(reply.Fault);
        books.BatchLine();
        if (Refusal.Of(reply.Fault) is { } refusal)
        {
            batch.Failed++;
            Write(errors, line, (refusal.Status, refusal.Write), null);
            return;
        }

        var usage = CompletionWriter.Count(line.Call, reply);
        batch.Completed++;
        books.ChargeBatch(usage);
        books.BatchDelivered(line.Hash);
        var created = Now();
        Write(output, line, (200, body => CompletionWriter.Completion(body, line.Call, reply, usage, created)), null);
    }

    private static void Write(ArrayBufferWriter<byte> output, BatchLine line, (int Status, Action<IBufferWriter<byte>> Body)? response, (string Code, string Message)? error)
    {
        var name = ContentHash.Of(line.CustomId).ToString("x16", CultureInfo.InvariantCulture);
        using (var json = new Utf8JsonWriter(output, CompletionWriter.Options))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, "batch_req_" + name);
            json.WriteString("custom_id"u8, line.CustomId);
            if (response is { } given)
            {
                var body = new ArrayBufferWriter<byte>(1024);
                given.Body(body);
                json.WriteStartObject("response"u8);
                json.WriteNumber("status_code"u8, given.Status);
                json.WriteString("request_id"u8, "req_" + name);
                json.WritePropertyName("body"u8);
                json.WriteRawValue(body.WrittenSpan, skipInputValidation: true);
                json.WriteEndObject();
            }
            else
            {
                json.WriteNull("response"u8);
            }

            if (error is { } told)
            {
                json.WriteStartObject("error"u8);
                json.WriteString("code"u8, told.Code);
                json.WriteString("message"u8, told.Message);
                json.WriteEndObject();
            }
            else
            {
                json.WriteNull("error"u8);
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private long Now() => time.GetUtcNow().ToUnixTimeSeconds();

    private static FaultPlan Plan(ScriptedEndpointOptions options)
    {
        foreach (var (fault, share) in options.Batches.Faults)
        {
            if (share > 0 && Refusal.Of(fault) is null && !IsOfReply(fault)) throw new ArgumentException($"{fault} cannot happen to a batch's line.", nameof(options));
        }

        return new FaultPlan(options.Seed, [], options.Batches.Faults);
    }

    private static bool IsOfReply(ScriptedFault fault) => fault is ScriptedFault.None or ScriptedFault.NoChoices or ScriptedFault.NoUsage or ScriptedFault.GarbageText
        or ScriptedFault.OffScale or ScriptedFault.EmptyText or ScriptedFault.LengthCut or ScriptedFault.FilteredReply or ScriptedFault.Refusal
        or ScriptedFault.FabricatedQuote;
}
