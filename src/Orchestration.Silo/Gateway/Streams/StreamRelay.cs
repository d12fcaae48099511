using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Errors;

namespace Orchestration.Silo.Gateway.Streams;

/// <summary>Passes an answer's stream on, event by event, as it came. One that breaks ends with an error event, never in silence.</summary>
internal static class StreamRelay
{
    private static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();

    /// <summary>Passes on what has begun, to its end.</summary>
    /// <param name="response">The client's.</param>
    /// <param name="answer">With its first event read, or recorded whole.</param>
    /// <param name="keepsUsage">True where the client asked for the usage.</param>
    /// <param name="describe">What is said in a comment before the end; called when everything is known.</param>
    /// <param name="isLate">True where the time is over, when the token is cancelled: the client is still there.</param>
    /// <param name="cancellationToken">The client left, or the time is over.</param>
    public static async Task RunAsync(HttpResponse response, ExpertAnswer answer, bool keepsUsage, Func<string> describe, Func<bool> isLate, CancellationToken cancellationToken)
    {
        var writer = response.BodyWriter;
        if (answer.Recorded is { } recorded)
        {
            writer.Write(recorded.Span);
            Finish(writer, describe());
            await writer.FlushAsync(cancellationToken);
            return;
        }

        var events = answer.Events!;
        GatewayError? problem;
        try
        {
            problem = await PassOnAsync(response, answer, events, keepsUsage, describe, cancellationToken);
        }
        catch (IOException)
        {
            problem = Broken(answer, "broke off its answer");
        }
        catch (OperationCanceledException) when (isLate())
        {
            problem = new GatewayError(StatusCodes.Status504GatewayTimeout, GatewayError.Upstream, "deadline_exceeded", $"The answer of expert '{answer.Expert.Name}' did not end within the router's deadline.");
        }
        catch (OperationCanceledException)
        {
            answer.Break(ExpertCallKind.Cancelled);
            throw;
        }

        if (problem is null) return;
        answer.Break(ExpertCallKind.Failed);
        writer.Write("data: "u8);
        problem.Write(writer);
        writer.Write("\n\n"u8);
        await writer.FlushAsync(CancellationToken.None);
    }

    private static async ValueTask<GatewayError?> PassOnAsync(HttpResponse response, ExpertAnswer answer, EventReader events, bool keepsUsage, Func<string> describe, CancellationToken cancellationToken)
    {
        var writer = response.BodyWriter;
        writer.Write(answer.Lead.Span);
        do
        {
            switch (events.Kind)
            {
                case EventKind.Done:
                    Finish(writer, describe());
                    await writer.FlushAsync(cancellationToken);
                    return null;
                case EventKind.Error:
                    var said = answer.ReadProblem(Data(events.Event.Span))?.Message;
                    return Broken(answer, string.IsNullOrEmpty(said) ? "broke off its answer" : $"broke off its answer: {said}");
                case EventKind.Garbage:
                    return Broken(answer, "sent what is no part of an answer");
                case EventKind.Usage when !keepsUsage:
                    break;
                default:
                    writer.Write(events.Event.Span);
                    break;
            }

            if (!events.HasMore) await writer.FlushAsync(cancellationToken);
        }
        while (await events.ReadAsync(cancellationToken));

        if (!answer.IsComplete) return Broken(answer, "ended its answer in the middle");

        // Some end without a word behind the last part.
        Finish(writer, describe());
        await writer.FlushAsync(cancellationToken);
        return null;
    }

    private static void Finish(IBufferWriter<byte> writer, string comment)
    {
        writer.Write(": "u8);
        writer.Write(Encoding.ASCII.GetBytes(comment));
        writer.Write("\n\n"u8);
        writer.Write(Done);
    }

    private static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOf("data:"u8);
        if (at < 0) return [];
        text = text[(at + 5)..];
        return text.IndexOf((byte)'\n') is var end and >= 0 ? text[..end] : text;
    }

    private static GatewayError Broken(ExpertAnswer answer, string what) =>
        new(StatusCodes.Status502BadGateway, GatewayError.Upstream, "stream_broken", $"Expert '{answer.Expert.Name}' {what}. What came before is not the whole answer.");
}
