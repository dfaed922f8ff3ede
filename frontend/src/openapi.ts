/**
 * The types of the API. Generated from its description (`app/openapi.py`): never edit it. `make api`
 * writes it, `make check` fails when it differs. It is committed so that the front end is built and
 * edited without Python, and so that a change of the API is seen in review.
 */

export interface paths {
    "/api/admin/attendance": {
        /** @description List the attendance rows in the caller's scope, the latest lessons first. */
        get: operations["list_attendance"];
    };
    "/api/admin/attendance-rules": {
        /** @description List the rule sets, the one of the latest day first. */
        get: operations["list_attendance_rules"];
        /** @description Add a rule set for all lessons from a day to come. What was judged stays as it is. */
        post: operations["add_attendance_rule"];
    };
    "/api/admin/attendance-rules/export": {
        /** @description Give the rule sets as a file. */
        get: operations["export_attendance_rules"];
    };
    "/api/admin/attendance/{record_id}": {
        /** @description Return one row. */
        get: operations["read_attendance_row"];
    };
    "/api/admin/attendance/{record_id}/amendments": {
        /** @description List the corrections of a row, the first one first. */
        get: operations["list_amendments"];
        /** @description Correct a row of a site in scope, beside what was closed. */
        post: operations["add_amendment"];
    };
    "/api/admin/attendance/{record_id}/confirmation": {
        /** @description Confirm a row as it is, for a classroom that did not confirm it, or objects to it. */
        post: operations["confirm_attendance_row"];
    };
    "/api/admin/attendance/export": {
        /** @description Export the attendance rows, all pages of them. */
        get: operations["export_rows"];
    };
    "/api/admin/attendance/schools": {
        /** @description Add up what was heard at each school that received; where most was not heard comes first. */
        get: operations["sum_attendance_by_school"];
    };
    "/api/admin/attendance/schools/export": {
        /** @description Export what was heard at each school that received, all pages of it. */
        get: operations["export_attendance_by_school"];
    };
    "/api/admin/attendance/weeks": {
        /**
         * @description Add up what was heard in the rows in the caller's scope, week by week, the first one first.
         *
         *     Of the first and the last week only the days asked for. A week without rows is there, empty.
         */
        get: operations["sum_attendance_by_week"];
    };
    "/api/admin/classroom-lines": {
        /** @description List the lines of the classrooms in scope, as lessons measured them, by school and name. */
        get: operations["classroom_lines"];
    };
    "/api/admin/classroom-lines/export": {
        /** @description Export the lines, all pages of them. */
        get: operations["export_classroom_lines"];
    };
    "/api/admin/classrooms/{classroom_id}/enrolment-codes": {
        /** @description Issue a one-time code for one more device of a classroom. */
        post: operations["issue_code"];
    };
    "/api/admin/classrooms/{classroom_id}/line": {
        /** @description Declare what a classroom's line carries; a lesson under way keeps to it from now on. */
        post: operations["declare_line"];
    };
    "/api/admin/deletion-certificates": {
        /**
         * @description List the certificates of removed recordings of lessons in scope, the latest first.
         *
         *     `from`, `to`: days on which all copies were gone. `school_id`: it gave the lesson or was
         *     invited to it.
         */
        get: operations["list_certificates"];
    };
    "/api/admin/deletion-certificates/export": {
        /** @description Export the certificates, all pages of them. */
        get: operations["export_certificates"];
    };
    "/api/admin/devices/{device_id}/revoke": {
        /** @description Shut a device out for good. */
        post: operations["revoke_device"];
    };
    "/api/admin/filters": {
        /** @description List the kinds and the states. Schools are looked for by name: `/api/schools?q=`. */
        get: operations["list_filters"];
    };
    "/api/admin/platform-jobs": {
        /** @description List the platform's own jobs, the latest first. */
        get: operations["list_platform_jobs"];
    };
    "/api/admin/platform-jobs/{job_id}/retry": {
        /** @description Have a job that was given up on or refused tried again from the start. */
        post: operations["retry_platform_job"];
    };
    "/api/admin/platform-jobs/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_platform_jobs"];
    };
    "/api/admin/points": {
        /** @description List the classrooms of teaching points in scope, those longest silent first. */
        get: operations["list_points"];
    };
    "/api/admin/points/export": {
        /** @description Export the classrooms of teaching points, all pages of them. */
        get: operations["export_points"];
    };
    "/api/admin/recording-views": {
        /**
         * @description List who looked at recordings of lessons the caller's schools took part in, newest first.
         *
         *     `school_id`: it gave the lesson or was invited to it. `q`: letters of who looked.
         */
        get: operations["recording_views"];
    };
    "/api/admin/recording-views/export": {
        /** @description Export who looked at recordings, all pages of it. */
        get: operations["export_recording_views"];
    };
    "/api/admin/retention-rules": {
        /** @description List the rules of all purposes, the one of the latest day first. */
        get: operations["list_retention_rules"];
        /**
         * @description Add a rule for all recordings of a purpose, from a day to come.
         *
         *     What has expired by then goes by the rule it expired by.
         */
        post: operations["add_retention_rule"];
    };
    "/api/admin/retention-rules/export": {
        /** @description Give the rules as a file. */
        get: operations["export_retention_rules"];
    };
    "/api/admin/retention-rules/preview": {
        /** @description Say what a rule would do to the recordings there are. Nothing is saved. */
        get: operations["preview_retention_rule"];
    };
    "/api/admin/service-hours": {
        /** @description List what lecturers and assistants gave at schools in scope in some days, by locked rows. */
        get: operations["list_service_hours"];
    };
    "/api/admin/service-hours/export": {
        /** @description Export the hours, all pages of them, by name. */
        get: operations["export_service_hours"];
    };
    "/api/admin/sessions": {
        /** @description List the sessions in the caller's scope, the latest first. */
        get: operations["list_sessions"];
    };
    "/api/admin/sessions/{session_id}": {
        /** @description Return everything on a session's page. The chain of events is checked on every look. */
        get: operations["session_page"];
    };
    "/api/admin/sessions/{session_id}/attendance/export": {
        /** @description Export the attendance of a lesson. */
        get: operations["export_attendance"];
    };
    "/api/admin/sessions/{session_id}/end": {
        /** @description End a live lesson from outside; who did it and why is written down first. */
        post: operations["end_session"];
    };
    "/api/admin/sessions/{session_id}/events": {
        /**
         * @description List what happened in a lesson, in the order in which it was written.
         *
         *     `total` counts all events, also those about seats that the caller may not look at.
         */
        get: operations["events"];
    };
    "/api/admin/sessions/{session_id}/recording/holds": {
        /** @description Keep a recording from expiring, being withdrawn and being removed, until this is lifted. */
        post: operations["hold_recording"];
    };
    "/api/admin/sessions/{session_id}/recording/holds/{hold_id}/lift": {
        /** @description Lift a hold: the recording goes when its time is over, at once if that is past. */
        post: operations["lift_hold"];
    };
    "/api/admin/sessions/{session_id}/recording/keeping": {
        /** @description Say until when a recording is kept, what for, who holds it, and how it was removed. */
        get: operations["read_keeping"];
    };
    "/api/admin/sessions/{session_id}/recording/publish": {
        /** @description Show the recording to the staff of the schools that took part, if each consents. */
        post: operations["publish"];
    };
    "/api/admin/sessions/{session_id}/recording/purpose": {
        /** @description Say what a recording is kept for, and so for how long. */
        put: operations["change_purpose"];
    };
    "/api/admin/sessions/{session_id}/recording/rebuild": {
        /** @description Have the replay made again: what could not be read may be readable now. */
        post: operations["rebuild"];
    };
    "/api/admin/sessions/{session_id}/recording/withdraw": {
        /** @description Show the recording to nobody from now on, and have every copy removed an hour later. */
        post: operations["withdraw"];
    };
    "/api/admin/sessions/{session_id}/views": {
        /** @description List who looked at the recording of a session, newest first. */
        get: operations["views"];
    };
    "/api/admin/sessions/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_sessions"];
    };
    "/api/admin/teacher-checks": {
        /** @description List what the computers of the teachers in scope found of their lines, the newest first. */
        get: operations["teacher_checks"];
    };
    "/api/admin/teacher-checks/export": {
        /** @description Export the checks, all pages of them. */
        get: operations["export_teacher_checks"];
    };
    "/api/admin/terms/{term_id}/attendance": {
        /** @description Say how the rows of a term stand at the sites in scope, and who locked it. */
        get: operations["read_term_attendance"];
    };
    "/api/admin/terms/{term_id}/attendance-lock": {
        /** @description Have the attendance of a term that is over locked, at the sites in scope, as a job. */
        post: operations["lock_attendance"];
    };
    "/api/admin/workbench": {
        /** @description Return today's lessons as they stand, the teaching points' lights, and what needs a hand. */
        get: operations["read_workbench"];
    };
    "/api/alliance-members/{member_id}": {
        /** @description Change a member's role, or let its membership end. */
        put: operations["change_member"];
    };
    "/api/alliances": {
        /** @description List the alliances one keeps, or has a member school in, names in order. */
        get: operations["list_alliances"];
        /** @description Found an alliance in a region one administers. */
        post: operations["add_alliance"];
    };
    "/api/alliances/{alliance_id}": {
        /** @description Describe an alliance. */
        get: operations["read_alliance"];
        /** @description Change an alliance one keeps. It stays in a region one administers, or in its own. */
        put: operations["change_alliance"];
    };
    "/api/alliances/{alliance_id}/agreement": {
        /** @description Describe the agreement in force. */
        get: operations["read_agreement"];
        /** @description Attach the agreement: a PDF, JPEG or PNG of at most 20 MiB, as the request's body. */
        post: operations["attach_agreement"];
    };
    "/api/alliances/{alliance_id}/agreement/file": {
        /** @description Give the agreement's file to be saved. */
        get: operations["download_agreement"];
    };
    "/api/alliances/{alliance_id}/lessons": {
        /**
         * @description List the lessons between the alliance's schools that count, the newest first.
         *
         *     Whoever keeps the alliance sees them all, those of members outside the region included; a
         *     member school those of its own pairings.
         */
        get: operations["list_lessons"];
    };
    "/api/alliances/{alliance_id}/lessons/export": {
        /** @description Export the lessons between the alliance's schools that count, all pages of them. */
        get: operations["export_alliance_lessons"];
    };
    "/api/alliances/{alliance_id}/members": {
        /** @description List the members, past ones included: hubs first, then by name. */
        get: operations["list_members"];
        /** @description Add a school, also one of another region: of that its lessons are seen and nothing else. */
        post: operations["add_member"];
    };
    "/api/alliances/{alliance_id}/members/export": {
        /** @description Give the members as a file. */
        get: operations["export_members"];
    };
    "/api/alliances/{alliance_id}/term-plans": {
        /** @description List the term plans, each with what has come of it until today. */
        get: operations["list_plans"];
    };
    "/api/alliances/{alliance_id}/term-plans/{term_id}": {
        /** @description Write the plan of a term; `If-Match: "0"` for the first one. */
        put: operations["save_plan"];
    };
    "/api/alliances/export": {
        /** @description Give the alliances with their members and plans as a file, which can be imported again. */
        get: operations["export_alliances"];
    };
    "/api/authorities": {
        /** @description List the education authorities of the regions in scope. */
        get: operations["list_authorities"];
        /** @description Add the education authority of a region the caller administers. */
        post: operations["add_authority"];
    };
    "/api/authorities/{authority_id}": {
        /** @description Correct the name or the level of the authority of a region the caller administers. */
        put: operations["correct_authority"];
    };
    "/api/authorities/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_authorities"];
    };
    "/api/bell-schedules": {
        /** @description List the bells of the schools in scope by school, the newest first. */
        get: operations["list_bells"];
        /** @description Give a school bells. */
        post: operations["add_bells"];
    };
    "/api/bell-schedules/{schedule_id}": {
        /** @description Describe a bell schedule. */
        get: operations["read_bells"];
        /** @description Change a bell schedule as a whole. */
        put: operations["change_bells"];
        /** @description Take bells away that were entered by mistake; old ones are given a last day instead. */
        delete: operations["remove_bells"];
    };
    "/api/bell-schedules/export": {
        /** @description Give the bells as a file, one row per period. */
        get: operations["export_bells"];
    };
    "/api/calendar-days": {
        /** @description List the holidays and make-up days that hold somewhere in scope, in order. */
        get: operations["list_calendar_days"];
        /** @description Say of a day that it is a holiday, or which weekday's timetable it runs. */
        post: operations["add_calendar_day"];
    };
    "/api/calendar-days/{day_id}": {
        /** @description Describe a day of the calendar. */
        get: operations["read_calendar_day"];
        /** @description Change a day of a region or school one administers; the nation's stay as they are. */
        put: operations["change_calendar_day"];
        /** @description Take a day out of the calendar: it is again what its weekday says. */
        delete: operations["remove_calendar_day"];
    };
    "/api/calendar-days/export": {
        /** @description Give the calendar as a file. */
        get: operations["export_calendar_days"];
    };
    "/api/calendar-feeds/classrooms/{classroom_id}": {
        /** @description Say whether a classroom one administers has an address for its lessons. */
        get: operations["classroom_feed"];
        /** @description Make an address for a classroom's lessons; one it had gives nothing any more. */
        post: operations["renew_classroom_feed"];
        /** @description Withdraw a classroom's address: it gives nothing any more, and there is no new one. */
        delete: operations["withdraw_classroom_feed"];
    };
    "/api/calendar-feeds/mine": {
        /** @description Say whether the caller has an address for her lessons. */
        get: operations["my_feed"];
        /** @description Make an address for the caller's lessons; one she had gives nothing any more. */
        post: operations["renew_my_feed"];
        /** @description Withdraw the caller's address: it gives nothing any more, and there is no new one. */
        delete: operations["withdraw_my_feed"];
    };
    "/api/calendars/{token}.ics": {
        /** @description Give the lessons of an address as iCalendar (RFC 5545); who has the address may read it. */
        get: operations["read_calendar"];
    };
    "/api/check/download": {
        /** @description Send random bytes: no proxy can make them smaller or keep them. */
        get: operations["check_download"];
    };
    "/api/check/media": {
        /** @description Answer an offer in a throw-away room, closed after 20 seconds. */
        post: operations["check_media"];
    };
    "/api/check/ping": {
        /** @description Answer at once: the page measures the delay. */
        get: operations["check_ping"];
    };
    "/api/check/result": {
        /** @description Keep what the caller found of its line, so that its county can look. */
        post: operations["keep_result"];
    };
    "/api/check/roads": {
        /** @description Say which roads there are, for the page to try each of them. */
        get: operations["check_roads"];
    };
    "/api/check/upload": {
        /** @description Take bytes, count them and throw them away; stop reading when there are too many. */
        post: operations["check_upload"];
    };
    "/api/classroom/lessons/{lesson_id}/headcount": {
        /**
         * @description Say how many pupils were in the classroom, after the lesson, and confirm its row.
         *
         *     With an objection the row is left to an administrator.
         */
        post: operations["confirm_headcount"];
    };
    "/api/classroom/room-tests": {
        /** @description Keep what this classroom measured; its administrator sees the newest. */
        post: operations["keep_room_test"];
    };
    "/api/classroom/today": {
        /** @description List the classroom's lessons today. Asking is the device's heartbeat. */
        get: operations["classroom_today"];
    };
    "/api/classroom/week": {
        /** @description List what the classroom receives today and on the six days after it. */
        get: operations["classroom_week"];
    };
    "/api/classrooms": {
        /** @description List the classrooms in scope with their devices, revoked ones included. */
        get: operations["list_classrooms"];
        /** @description Add a classroom to a school the caller administers. */
        post: operations["add_classroom"];
    };
    "/api/classrooms/{classroom_id}": {
        /** @description Return a classroom. */
        get: operations["read_classroom"];
        /** @description Change what is said of a classroom; its line is declared by a request of its own. */
        patch: operations["edit_classroom"];
    };
    "/api/classrooms/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_classrooms"];
    };
    "/api/code-maps": {
        /** @description List the mappings, or those of one code or set, read in both directions. */
        get: operations["list_code_maps"];
    };
    "/api/code-maps/export": {
        /** @description Export the mappings, all pages of them. */
        get: operations["export_code_maps"];
    };
    "/api/code-sets": {
        /** @description List the code sets. */
        get: operations["list_code_sets"];
    };
    "/api/code-sets/export": {
        /** @description Export the code sets. */
        get: operations["export_code_sets"];
    };
    "/api/codes": {
        /** @description List codes, set by set, each in its own order. */
        get: operations["list_codes"];
    };
    "/api/codes/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_codes"];
    };
    "/api/course-offerings": {
        /** @description List the offerings given or received in scope, by name. */
        get: operations["list_offerings"];
        /** @description Open an offering of a hub school one administers. */
        post: operations["open_offering"];
    };
    "/api/course-offerings/{offering_id}": {
        /** @description Describe an offering. */
        get: operations["read_offering"];
        /** @description Change an offering. Lessons planned already stay; those to come are after school as it is. */
        put: operations["change_offering"];
    };
    "/api/course-offerings/{offering_id}/end": {
        /** @description End an offering of which no lesson lies ahead. */
        post: operations["end_offering"];
    };
    "/api/course-offerings/{offering_id}/publish": {
        /** @description Publish all drafts of an offering that lie ahead. */
        post: operations["publish_offering"];
    };
    "/api/course-offerings/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_offerings"];
    };
    "/api/coverage/definitions": {
        /** @description List the versions of how each figure is counted, the latest of each first. */
        get: operations["list_definitions"];
    };
    "/api/coverage/definitions/export": {
        /** @description Export the versions, all pages of them. */
        get: operations["export_definitions"];
    };
    "/api/coverage/figures": {
        /** @description Return all figures of a roster and a period side by side, in all and county by county. */
        get: operations["read_coverage"];
    };
    "/api/coverage/figures/export": {
        /** @description Export the figures, one line for a county and a figure. */
        get: operations["export_coverage"];
    };
    "/api/coverage/gaps": {
        /** @description List what is lacking still at the sites of a roster: a site, a grade, a subject each. */
        get: operations["list_gaps"];
    };
    "/api/coverage/gaps/export": {
        /** @description Export what is lacking. */
        get: operations["export_gaps"];
    };
    "/api/coverage/gaps/sums": {
        /** @description Add up what is lacking still at the sites of a roster, the widest gap first. */
        get: operations["sum_gaps"];
    };
    "/api/coverage/lessons": {
        /** @description List the lessons a figure rests on, the latest first; each leads to its evidence. */
        get: operations["list_delivered_lessons"];
    };
    "/api/coverage/lessons/export": {
        /** @description Export the lessons a figure rests on. */
        get: operations["export_delivered_lessons"];
    };
    "/api/coverage/periods": {
        /** @description List the terms of a roster's region and their months: what figures are usually asked for. */
        get: operations["list_coverage_periods"];
    };
    "/api/coverage/reports": {
        /** @description Have the report of a roster and a period made as a file, as a job. */
        post: operations["make_report"];
    };
    "/api/coverage/schools/{school_id}": {
        /** @description Return how each subject of each grade of a school stands: required, taught, lacking. */
        get: operations["read_school_gaps"];
    };
    "/api/coverage/sheets": {
        /** @description List the sheets of figures over rosters in scope, the latest first. */
        get: operations["list_sheets"];
        /** @description Have the figures of a roster and a period computed from locked rows, and frozen, as a job. */
        post: operations["compute_sheet"];
    };
    "/api/coverage/sheets/{sheet_id}": {
        /** @description Return a sheet: its figures, each beside the one it amends, its rules, and who signed. */
        get: operations["read_sheet"];
    };
    "/api/coverage/sheets/{sheet_id}/check": {
        /** @description Have a sheet computed again from the rows themselves; it is checked when nothing differs. */
        post: operations["check_sheet"];
    };
    "/api/coverage/sheets/{sheet_id}/lessons": {
        /** @description List the lessons a figure of a sheet was computed from, as they counted then. */
        get: operations["list_sheet_lessons"];
    };
    "/api/coverage/sheets/{sheet_id}/lessons/export": {
        /** @description Export the lessons a figure of a sheet was computed from. */
        get: operations["export_sheet_lessons"];
    };
    "/api/coverage/sheets/{sheet_id}/sign-off": {
        /**
         * @description Sign a checked sheet off. What it amends is printed beside it from then on.
         *
         *     Of a roster and its weeks one sheet is in force: another is signed only as its amendment.
         */
        post: operations["sign_sheet_off"];
    };
    "/api/coverage/sheets/export": {
        /** @description Export the list of sheets. */
        get: operations["export_sheets"];
    };
    "/api/coverage/sites": {
        /** @description List the sites of a roster with what each is counted by; those a figure counts, or not. */
        get: operations["list_coverage_sites"];
    };
    "/api/coverage/sites/export": {
        /** @description Export the list of sites. */
        get: operations["export_coverage_sites"];
    };
    "/api/curriculum-plans": {
        /** @description List the nation's curriculum and those of the regions in sight, the latest first. */
        get: operations["list_curriculum_plans"];
        /** @description Add the curriculum of a region; from its first day it goes before those of wider ones. */
        post: operations["add_curriculum_plan"];
    };
    "/api/curriculum-plans/{plan_id}": {
        /** @description Return a curriculum with all that it requires. */
        get: operations["read_curriculum_plan"];
        /** @description Change a curriculum; figures that are signed off keep what was required then. */
        put: operations["edit_curriculum_plan"];
    };
    "/api/curriculum-plans/export": {
        /** @description Export what all of them require, one line for a grade and a subject. */
        get: operations["export_curriculum_plans"];
    };
    "/api/devices/enrol": {
        /** @description Make this browser the device of a classroom. One browser is one device. */
        post: operations["enrol_device"];
    };
    "/api/devices/me/forget": {
        /** @description Have this browser no longer be the classroom's device. */
        post: operations["forget_device"];
    };
    "/api/hub-offers": {
        /** @description List what the schools in scope can give, by school. */
        get: operations["list_offers"];
        /** @description Say what a school one administers can give. */
        post: operations["add_offer"];
    };
    "/api/hub-offers/{offer_id}": {
        /** @description Describe an offer. */
        get: operations["read_offer"];
        /** @description Change an offer. */
        put: operations["change_offer"];
    };
    "/api/hub-offers/export": {
        /** @description Give the offers as a file. */
        get: operations["export_offers"];
    };
    "/api/imports/{job_id}/faults/export": {
        /**
         * @description Export all that is wrong in a table the caller had imported: a cell a row.
         *
         *     A report names the first MOST_NAMED; all are in the file of the job.
         */
        get: operations["export_import_faults"];
    };
    "/api/imports/{kind}": {
        /**
         * @description Have a table looked at, or imported, as a job; its result is the report.
         *
         *     The same file with the same wishes is one job while that runs.
         */
        post: operations["import_table"];
    };
    "/api/imports/{kind}/template": {
        /** @description Return an empty table with two examples, to be overwritten. */
        get: operations["import_template"];
    };
    "/api/jobs": {
        /** @description List the caller's jobs, the latest first. `state=DEAD`: those given up on. */
        get: operations["list_jobs"];
    };
    "/api/jobs/{job_id}": {
        /** @description Say how far a job is, and what came of it. Pages ask every second while it runs. */
        get: operations["read_job"];
    };
    "/api/jobs/{job_id}/cancel": {
        /** @description Stop a job. One that runs stops at its next step, within seconds. */
        post: operations["cancel_job"];
    };
    "/api/jobs/{job_id}/file": {
        /** @description Send the file of a result. */
        get: operations["read_file"];
    };
    "/api/jobs/{job_id}/retry": {
        /** @description Have a job that failed, was given up on or was cancelled tried again from the start. */
        post: operations["retry_job"];
    };
    "/api/jobs/export": {
        /** @description Export the list. */
        get: operations["export_jobs"];
    };
    "/api/lessons": {
        /** @description List the lessons given or received in scope, in order of time. */
        get: operations["list_planned_lessons"];
        /** @description Plan one lesson of an offering, beside those a plan has. */
        post: operations["plan_lesson"];
    };
    "/api/lessons/{lesson_id}": {
        /** @description Describe a planned lesson and what became of it. */
        get: operations["read_lesson"];
        /** @description Change a lesson that has not begun: its title, time, classroom and sites. */
        put: operations["change_lesson"];
    };
    "/api/lessons/{lesson_id}/cancel": {
        /** @description Cancel a lesson that has not begun, and say why. */
        post: operations["cancel_lesson"];
    };
    "/api/lessons/{lesson_id}/end": {
        /** @description End a lesson (下课) when the WebSocket cannot be had. Ending it twice changes nothing. */
        post: operations["end"];
    };
    "/api/lessons/{lesson_id}/make-up": {
        /** @description Plan the lesson that stands in for a cancelled or missed one. */
        post: operations["make_up_lesson"];
    };
    "/api/lessons/{lesson_id}/publish": {
        /** @description Let teachers and classrooms see a draft. */
        post: operations["publish_lesson"];
    };
    "/api/lessons/{lesson_id}/start": {
        /** @description Take a lesson live (开课). Only its lecturer may; pressing twice is the same as once. */
        post: operations["start"];
    };
    "/api/lessons/{lesson_id}/substitute": {
        /** @description Have another teacher of the hub school give a lesson that has not begun. */
        post: operations["substitute_teacher"];
    };
    "/api/lessons/{lesson_id}/tickets": {
        /**
         * @description Give the caller a ticket to the lesson's room, for thirty seconds and one use.
         *
         *     A page that opens its WebSocket meanwhile names the ticket it has drawn for that.
         *     With it come credentials of the relay; a lesson that runs over is given more of them.
         */
        post: operations["issue_ticket"];
    };
    "/api/lessons/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_lessons"];
    };
    "/api/links/redeem": {
        /**
         * @description Use a demonstration link to sign in, or learn whose password a set-up link sets.
         *
         *     Signing in ends an earlier session of this browser.
         */
        post: operations["redeem_link"];
    };
    "/api/links/set-password": {
        /** @description Set the password a set-up link is for, use the link up, and sign in. */
        post: operations["set_password"];
    };
    "/api/local-timetables": {
        /** @description List what classes are taught by their own schools, school by school. */
        get: operations["list_local_timetables"];
        /** @description Hand in what a class is taught by its own school in a term. */
        post: operations["add_local_timetable"];
    };
    "/api/local-timetables/{timetable_id}": {
        /** @description Return a timetable. */
        get: operations["read_local_timetable"];
        /** @description Change what a class is taught; figures signed off keep what was said then. */
        put: operations["edit_local_timetable"];
    };
    "/api/local-timetables/export": {
        /** @description Export the timetables as a table that can be imported: a class, a term, a subject a line. */
        get: operations["export_local_timetables"];
    };
    "/api/me": {
        /** @description Say who this browser is; never refused. */
        get: operations["read_me"];
    };
    "/api/micro-lessons/{micro_lesson_id}": {
        /** @description Return one piece. */
        get: operations["read_micro_lesson"];
        /** @description Show a piece to nobody from now on, and have its file removed an hour later. */
        delete: operations["delete_micro_lesson"];
        /** @description Give a piece another title. */
        patch: operations["rename_micro_lesson"];
    };
    "/api/micro-lessons/{micro_lesson_id}/cut-again": {
        /** @description Have a piece cut that could not be. One that is there, or being made, is left alone. */
        post: operations["cut_micro_lesson_again"];
    };
    "/api/micro-lessons/{micro_lesson_id}/file": {
        /** @description Send a piece to be taken along, or a range of it, and write down who takes it. */
        get: operations["take_micro_lesson"];
    };
    "/api/micro-lessons/{micro_lesson_id}/film": {
        /** @description Send a piece to a player, or the range it asks for, and write down who watches it. */
        get: operations["watch_micro_lesson"];
    };
    "/api/needs": {
        /** @description List the needs in scope, and the open ones one's hubs could answer, the newest first. */
        get: operations["list_needs"];
        /** @description Post what a school one administers cannot teach itself. */
        post: operations["post_need"];
    };
    "/api/needs/{need_id}": {
        /** @description Describe a need. */
        get: operations["read_need"];
        /** @description Change an open need. */
        put: operations["change_need"];
    };
    "/api/needs/{need_id}/accept": {
        /**
         * @description Accept an offer for one of the two schools: the pairing is made, the other side agrees.
         *
         *     The need (`If-Match`) and the offer (`offer_version`) are those that were read, or 412.
         */
        post: operations["accept_match"];
    };
    "/api/needs/{need_id}/matches": {
        /** @description List the hubs that could answer a need, best first, each with its points and why. */
        get: operations["list_matches"];
    };
    "/api/needs/{need_id}/matches/export": {
        /** @description Give all hubs that could answer a need as a file, best first, with the points of each. */
        get: operations["export_matches"];
    };
    "/api/needs/{need_id}/withdraw": {
        /** @description Take an open need back. */
        post: operations["withdraw_need"];
    };
    "/api/needs/export": {
        /** @description Give the needs as a file. */
        get: operations["export_needs"];
    };
    "/api/pairings": {
        /** @description List the pairings of alliances one keeps and of schools in scope, the newest first. */
        get: operations["list_pairings"];
        /** @description Draft a pairing. Nobody has agreed to anything yet. */
        post: operations["add_pairing"];
    };
    "/api/pairings/{pairing_id}": {
        /** @description Describe a pairing. */
        get: operations["read_pairing"];
        /** @description Change a draft. */
        put: operations["change_pairing"];
    };
    "/api/pairings/{pairing_id}/agreement": {
        /** @description Describe the agreement in force: the pairing's own, else its alliance's. */
        get: operations["read_pairing_agreement"];
        /** @description Attach the pairing's agreement: a PDF, JPEG or PNG of at most 20 MiB, as the body. */
        post: operations["attach_pairing_agreement"];
    };
    "/api/pairings/{pairing_id}/agreement/file": {
        /** @description Give the agreement's file to be saved. */
        get: operations["download_pairing_agreement"];
    };
    "/api/pairings/{pairing_id}/events/{track}": {
        /** @description List the entered events of a track, the newest first, each with its evidence. */
        get: operations["list_events"];
        /** @description Enter an event of a track with its evidence. */
        post: operations["add_event"];
    };
    "/api/pairings/{pairing_id}/events/{track}/{event_id}/file": {
        /** @description Give the file that is an event's evidence. */
        get: operations["download_evidence"];
    };
    "/api/pairings/{pairing_id}/events/{track}/{event_id}/withdraw": {
        /** @description Take an event back; it stays in the list with the reason, and counts no more. */
        post: operations["withdraw_event"];
    };
    "/api/pairings/{pairing_id}/events/{track}/export": {
        /** @description Give the events of a track as a file. */
        get: operations["export_events"];
    };
    "/api/pairings/{pairing_id}/evidence": {
        /** @description Hand in the file that is an event's evidence; the event then names it by its id. */
        post: operations["hand_in_evidence"];
    };
    "/api/pairings/{pairing_id}/history": {
        /** @description List every step the pairing has taken, and the days that count because of them. */
        get: operations["read_history"];
    };
    "/api/pairings/{pairing_id}/lessons": {
        /** @description List 授课: the lessons that reached a partner on a day that counts, the newest first. */
        get: operations["list_pairing_lessons"];
    };
    "/api/pairings/{pairing_id}/lessons/export": {
        /** @description Export the lessons that reached a partner of a pairing, all pages of them. */
        get: operations["export_pairing_lessons"];
    };
    "/api/pairings/{pairing_id}/moves": {
        /**
         * @description Take a step: propose, agree, decline, start, suspend, resume, end, archive.
         *
         *     Who agrees agrees to what was read: a draft that was changed and proposed again meanwhile is
         *     another version.
         *
         *     To propose, agree and decline one acts for a school one administers; the other steps are
         *     also the alliance's keeper's.
         */
        post: operations["move_pairing"];
    };
    "/api/pairings/{pairing_id}/tracks": {
        /** @description Count the four tracks (四同步) between two days, on the days that count. */
        get: operations["read_tracks"];
    };
    "/api/pairings/export": {
        /** @description Give the pairings as a file. */
        get: operations["export_pairings"];
    };
    "/api/people": {
        /** @description List the people the caller may give roles to: of her schools, or with a role there. */
        get: operations["list_people"];
    };
    "/api/plannings": {
        /** @description List the plannings whose hubs all lie in scope, the latest first. */
        get: operations["list_plannings"];
        /** @description Have offerings of one's hubs planned, as a job; the planning shows its plans when it ends. */
        post: operations["ask_for_plan"];
    };
    "/api/plannings/{planning_id}": {
        /** @description Describe a planning with its plans and what stands against them. */
        get: operations["read_planning"];
    };
    "/api/plannings/{planning_id}/accept": {
        /** @description Write the lessons of a plan with their sites, all or none; the same plan again: nothing. */
        post: operations["accept_plan"];
    };
    "/api/plannings/export": {
        /** @description Export the list. */
        get: operations["export_plannings"];
    };
    "/api/plannings/offerings": {
        /** @description List the offerings of a term that one may have planned, by name. */
        get: operations["list_plannable_offerings"];
    };
    "/api/recordings/{recording_id}/downloads/{form}": {
        /**
         * @description Send the file, or a range of it, and write down who takes it along.
         *
         *     The link is good for whom it was given to, and the right to the recording is asked again.
         */
        get: operations["take_download"];
    };
    "/api/recordings/{recording_id}/filler/{filler_file}": {
        /** @description Send what is played where a track has nothing: of the recording there is nothing in it. */
        get: operations["filling"];
    };
    "/api/recordings/{recording_id}/hls/{seat_id}/{group}/captions/{captions_id}/{number}.vtt": {
        /** @description Return the captions to be shown in a stretch, also those that began before it. */
        get: operations["captions_segment"];
    };
    "/api/recordings/{recording_id}/hls/{seat_id}/{group}/captions/{captions_id}/media.m3u8": {
        /** @description Return the HLS playlist of captions. */
        get: operations["captions_playlist"];
    };
    "/api/recordings/{recording_id}/hls/{seat_id}/{group}/master.m3u8": {
        /** @description Return the HLS playlist that names a seat's picture and sound. */
        get: operations["master"];
    };
    "/api/recordings/{recording_id}/hls/{seat_id}/{source}/media.m3u8": {
        /**
         * @description Return the HLS playlist of one track: while the lesson runs it grows every few seconds.
         *
         *     Filled: where the track has nothing there is black or silence, for players that are not ours.
         */
        get: operations["media"];
    };
    "/api/recordings/{recording_id}/light/{form}": {
        /**
         * @description Send a file, or the range of it a player asks for, and write down who watches.
         *
         *     The link is good for whom it was given to, and the right to watch is asked again.
         */
        get: operations["watch_light"];
    };
    "/api/recordings/{recording_id}/parts/{file}": {
        /**
         * @description Send a part of a recording, or the range of it a player asks for.
         *
         *     A cache that has it asks us by HEAD whether this one may have it (`deploy/nginx/parts.conf`),
         *     so that a HEAD is a look as well.
         */
        get: operations["part"];
    };
    "/api/recordings/captions/{captions_id}": {
        /**
         * @description Return captions (WebVTT) to who may watch the replay, and write down who reads what was said.
         *
         *     Who has the replay open is written down already.
         */
        get: operations["read_captions"];
        /** @description Put other captions of the same language in place of these. */
        put: operations["replace_captions"];
        /** @description Take captions away: from then on nobody is shown them. */
        delete: operations["remove_captions"];
    };
    "/api/recordings/clips/{clip_id}": {
        /**
         * @description Send a clip, or the range of it a player asks for, and write down who watches by it.
         *
         *     Its address is good for as long as the recording is shown: it may be opened without a player.
         */
        get: operations["clip"];
    };
    "/api/recordings/published": {
        /**
         * @description List the lessons whose recordings are published to the caller, the latest first.
         *
         *     `school_id`: it gave the lesson or was invited to it. `q`: words of the title, the subject, the
         *     grade, the hub school, the lecturer, or the title of one of its micro-lessons.
         */
        get: operations["list_published"];
    };
    "/api/recordings/published/export": {
        /** @description Export the list, all pages of it: what there is, not the recordings. */
        get: operations["export_published"];
    };
    "/api/region-labels/{region_label_id}": {
        /** @description Correct a label of a region, or end it: a last day may be given whenever it is known. */
        put: operations["correct_region_label"];
    };
    "/api/regions": {
        /** @description List the regions in scope from the top down, with their open schools. */
        get: operations["list_regions"];
        /** @description Add a region below one the caller administers. */
        post: operations["add_region"];
    };
    "/api/regions/{region_id}": {
        /** @description Return a region with its labels and its open schools. */
        get: operations["read_region"];
        /**
         * @description Correct the name of a region the caller administers, or its code while nothing refers to it.
         *
         *     What it was is written down.
         */
        put: operations["correct_region"];
    };
    "/api/regions/{region_id}/labels": {
        /** @description Say what a region counts as, from a day to a day. */
        post: operations["label_region"];
    };
    "/api/regions/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_regions"];
    };
    "/api/registry-corrections": {
        /** @description List what was corrected of regions in scope, their labels and authorities, latest first. */
        get: operations["list_corrections"];
    };
    "/api/registry-corrections/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_corrections"];
    };
    "/api/role-grant-changes": {
        /** @description List what happened to roles within the caller's scope, the latest first. */
        get: operations["list_grant_changes"];
    };
    "/api/role-grant-changes/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_grant_changes"];
    };
    "/api/role-grants": {
        /** @description List the roles held within the caller's scope, ended ones too. */
        get: operations["list_grants"];
        /** @description Give somebody a role within what the caller administers, and no longer than she does. */
        post: operations["give_role"];
    };
    "/api/role-grants/{grant_id}/end": {
        /** @description Take a role back, at once or from a moment on; it is never prolonged by this. */
        post: operations["end_role"];
    };
    "/api/role-grants/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_grants"];
    };
    "/api/rosters": {
        /** @description List the rosters of the regions in sight, the latest day first. */
        get: operations["list_rosters"];
        /** @description Freeze the teaching points open in a region at the end of a day, and sign the list. */
        post: operations["take_roster"];
    };
    "/api/rosters/{roster_id}": {
        /** @description Return a roster with its signature; it is checked against the rows on every look. */
        get: operations["read_roster"];
    };
    "/api/rosters/{roster_id}/entries": {
        /** @description List the teaching points of a roster. */
        get: operations["list_entries"];
    };
    "/api/rosters/{roster_id}/entries/export": {
        /** @description Export the teaching points of a roster, all pages of it. */
        get: operations["export_entries"];
    };
    "/api/rosters/{roster_id}/signed": {
        /** @description Return the list as it was signed, with what checks it without this server. */
        get: operations["read_signed"];
    };
    "/api/rosters/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_rosters"];
    };
    "/api/school-classes": {
        /** @description List the classes of the schools in scope, school by school. */
        get: operations["list_classes"];
        /** @description Add a class to a school the caller administers. */
        post: operations["add_class"];
    };
    "/api/school-classes/{class_id}": {
        /** @description Return a class. */
        get: operations["read_class"];
        /** @description Change what is said of a class. */
        patch: operations["edit_class"];
    };
    "/api/school-classes/export": {
        /** @description Export the list, all pages of it. */
        get: operations["export_classes"];
    };
    "/api/schools": {
        /** @description List the schools in scope by name. */
        get: operations["list_schools"];
        /** @description Register a school or teaching point in a region the caller administers. */
        post: operations["register_school"];
    };
    "/api/schools/{school_id}": {
        /** @description Return a school with its codes and what happened to it. */
        get: operations["read_school"];
        /** @description Change what is said of a school; a name, place or parent of before stays on record. */
        patch: operations["edit_school"];
    };
    "/api/schools/{school_id}/category": {
        /** @description Make it a school of another category: its code is void. */
        post: operations["change_category"];
    };
    "/api/schools/{school_id}/close": {
        /** @description Close a school from a day on: its code is void, rosters of before stay as they are. */
        post: operations["close_school"];
    };
    "/api/schools/{school_id}/days": {
        /** @description List which periods a school has on each day, with their times, or why it has none. */
        get: operations["list_school_days"];
    };
    "/api/schools/{school_id}/reopen": {
        /** @description Open a closed school again: it regains its code. */
        post: operations["reopen_school"];
    };
    "/api/schools/{school_id}/teachers": {
        /** @description List who may be named to give a lesson of a school: the people who belong to it. */
        get: operations["list_teachers"];
    };
    "/api/schools/export": {
        /** @description Export the list, all pages of it; the file can be imported again. */
        get: operations["export_schools"];
    };
    "/api/sessions/{session_id}/captions": {
        /** @description List the captions of a recording for who may change them. */
        get: operations["list_captions"];
        /** @description Add captions to a replay, in a language it has none in. */
        post: operations["add_captions"];
    };
    "/api/sessions/{session_id}/downloads": {
        /** @description Say which files of a lesson there are, and how far those are that are being made. */
        get: operations["read_downloads"];
    };
    "/api/sessions/{session_id}/downloads/{form}": {
        /** @description Have a file made. Asked again it is the same file, and the same work while it is made. */
        post: operations["make_download"];
    };
    "/api/sessions/{session_id}/micro-lessons": {
        /** @description List the pieces of a lesson; those that are not made yet to who may make them. */
        get: operations["list_micro_lessons"];
        /** @description Keep a piece of a lesson under a title of its own, and have it cut. */
        post: operations["save_micro_lesson"];
    };
    "/api/sessions/{session_id}/replay": {
        /** @description Return a lesson to watch again, and write down who watches it. */
        get: operations["replay"];
    };
    "/api/sessions/{session_id}/replay/light": {
        /** @description Say which files of a lesson there are to watch over a slow line, or how far they are. */
        get: operations["read_light"];
    };
    "/api/sessions/{session_id}/replay/light/{form}": {
        /** @description Have a file made to watch over a slow line. Asked again it is the same file and work. */
        post: operations["make_light"];
    };
    "/api/sessions/{session_id}/timeshift": {
        /** @description Say what of a lesson can be played already, and write down who watches it. */
        get: operations["timeshift"];
    };
    "/api/shared-windows": {
        /** @description List when two schools are both in a lesson period on a day, for long enough. */
        get: operations["list_shared_windows"];
    };
    "/api/sign-in": {
        /** @description Sign in with name and password. An earlier session of this browser ends. */
        post: operations["sign_in"];
    };
    "/api/sign-out": {
        /** @description End this browser's session. */
        post: operations["sign_out"];
    };
    "/api/staff-posts": {
        /** @description List the staff of the schools in scope, school by school. */
        get: operations["list_staff"];
        /** @description Have somebody new begin at an open school the caller administers. */
        post: operations["add_staff_post"];
    };
    "/api/staff-posts/{post_id}": {
        /** @description Return a post. */
        get: operations["read_staff_post"];
        /** @description Change what is said of a post, or end it by the day from which it is over. */
        patch: operations["edit_staff_post"];
    };
    "/api/staff-posts/export": {
        /** @description Export the list, all pages of it; the file can be imported again. */
        get: operations["export_staff"];
    };
    "/api/teacher/lessons": {
        /** @description List the lessons the caller gives on a day; today's and any live when none is named. */
        get: operations["teacher_lessons"];
    };
    "/api/teacher/service-hours": {
        /** @description Say what the caller gave between two days, by locked rows, and what is not locked yet. */
        get: operations["read_own_hours"];
    };
    "/api/teacher/service-hours/lessons": {
        /** @description List the lessons the caller served in, the latest first, and what each earned. */
        get: operations["list_own_lessons"];
    };
    "/api/teacher/service-hours/lessons/export": {
        /** @description Export the lessons the caller served in, all pages of them. */
        get: operations["export_own_lessons"];
    };
    "/api/terms": {
        /** @description List the terms that hold somewhere in scope, the newest first. */
        get: operations["list_terms"];
        /** @description Add a term to a region one administers. */
        post: operations["add_term"];
    };
    "/api/terms/{term_id}": {
        /** @description Describe a term. */
        get: operations["read_term"];
        /** @description Change a term; the teaching weeks follow. */
        put: operations["change_term"];
    };
    "/api/terms/{term_id}/weeks": {
        /** @description List the teaching weeks of a term. */
        get: operations["list_weeks"];
    };
    "/api/terms/export": {
        /** @description Give the terms as a file. */
        get: operations["export_terms"];
    };
    "/api/weeks/classrooms/{classroom_id}": {
        /** @description Return the week of a classroom in scope. */
        get: operations["week_of_classroom"];
    };
    "/api/weeks/county": {
        /**
         * @description Return the week of all lessons in scope, a page of schools or teachers at a time.
         *
         *     The list of the same lessons, and its export, are at `/api/lessons`.
         */
        get: operations["week_of_county"];
    };
    "/api/weeks/mine": {
        /** @description Return the week of the caller: what she gives, helps in, or had given by another. */
        get: operations["my_week"];
    };
    "/api/weeks/schools/{school_id}": {
        /** @description Return the week of a school in scope: what it gives and what it receives. */
        get: operations["week_of_school"];
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The pairing that was made. */
        Accepted: {
            /** Format: uuid */
            pairing_id: string;
        };
        /** @description What accepting wrote. `kept`: lessons that had begun or were given up. */
        AcceptedOut: {
            changed: number;
            created: number;
            is_published: boolean;
            kept: number;
            plan: number;
            removed: number;
            unchanged: number;
        };
        /**
         * @description Which offer is accepted, as it was read, and for which of the two schools.
         *
         *     That school proposes the pairing; the other one agrees or declines on its own page.
         */
        AcceptIn: {
            /** Format: uuid */
            offer_id: string;
            /** @description The `version` of the offer in the list. */
            offer_version: number;
            /** Format: uuid */
            school_id: string;
        };
        /**
         * @description PENDING until a password is set; RESTRICTED accounts sign in and may only read.
         * @enum {string}
         */
        AccountState: "PENDING" | "ACTIVE" | "RESTRICTED" | "DISABLED";
        /** @description The agreement in force: its file, when it was attached, and the SHA-256 of the bytes. */
        AgreementOut: {
            /** Format: date-time */
            attached_at: string;
            media_type: string;
            name: string;
            sha256: string;
            size_bytes: number;
        };
        /** @description 教学联盟, kept by the authority of a region. */
        AllianceIn: {
            ends_on?: string | null;
            name: string;
            /** @default  */
            purpose: string;
            /** Format: uuid */
            region_id: string;
            /** Format: date */
            starts_on: string;
        };
        /** @description An alliance with its hubs of today. `is_kept`: the caller may change it. */
        AllianceOut: {
            ends_on: string | null;
            hubs: components["schemas"]["Named"][];
            /** Format: uuid */
            id: string;
            is_kept: boolean;
            members: number;
            name: string;
            purpose: string;
            region: components["schemas"]["Named"];
            /** Format: date */
            starts_on: string;
            version: number;
        };
        /** @description What should hold of a row instead, and why; null: as it is. */
        AmendmentIn: {
            headcount?: number | null;
            is_counted?: boolean | null;
            reason: string;
        };
        /** @description One correction, with what held before and who made it. */
        AmendmentOut: {
            /** Format: date-time */
            at: string;
            new_headcount: number | null;
            new_is_counted: boolean | null;
            number: number;
            old_headcount: number | null;
            old_is_counted: boolean | null;
            person: string;
            /** Format: uuid */
            person_id: string;
            reason: string;
        };
        /** @description The corrections of a row, the first one first. */
        AmendmentsOut: {
            items: components["schemas"]["AmendmentOut"][];
        };
        /** @description The plans, the cheapest first, and a sentence for whatever could not be placed in it. */
        Answer: {
            conflicts: components["schemas"]["Conflict"][];
            plans: components["schemas"]["Plan"][];
        };
        /** @description Why an event is taken back. */
        app__alliances__track_schemas__WithdrawIn: {
            reason: string;
        };
        /** @description How many drafts were published. */
        app__lessons__offering_schemas__PublishedOut: {
            published: number;
        };
        /** @description Why a recording is taken from everybody; the certificate of its removal says it. */
        app__live__schemas__WithdrawIn: {
            reason: string;
        };
        /** @description A lesson that one may look back at. `hub` and `lecturer` are names. */
        app__recordings__schemas__PublishedOut: {
            duration_ms: number;
            grade: string;
            hub: string;
            lecturer: string;
            micro_lessons: components["schemas"]["PublishedPieceOut"][];
            /** Format: date-time */
            planned_start: string;
            /** Format: date-time */
            published_at: string;
            /** Format: uuid */
            session_id: string;
            subject: string;
            title: string;
        };
        /**
         * @description One row of the attendance table.
         *
         *     `audible_ms` and those after it are null, and `portions` empty, where the lesson was closed
         *     before what a seat received was kept. `agrees`: what was closed follows from the events.
         *     Of `amendments` the last one is what holds, instead of `is_counted` and `headcount`.
         *     `headcount_by`: by `headcount_source` the administrator who entered the latter, or of the
         *     classroom that did the assistant its lesson names; null: not known, or of a school not the
         *     caller's.
         */
        AttendanceOut: {
            agrees: boolean;
            amendments: components["schemas"]["AmendmentOut"][];
            audible_ms: number | null;
            bars: components["schemas"]["BarOut"][];
            classroom: string;
            connected_ms: number;
            degraded_ms: number | null;
            first_joined_ms: number | null;
            headcount: number | null;
            headcount_by: string | null;
            headcount_source: string | null;
            interruptions: number;
            is_counted: boolean | null;
            last_left_ms: number | null;
            lost_ms: number | null;
            not_counted_reason: components["schemas"]["NotCounted"] | null;
            objection: string | null;
            offline_ms: number | null;
            planned_ms: number;
            portions: components["schemas"]["PortionOut"][];
            /** Format: uuid */
            record_id: string;
            school: string;
            /** Format: uuid */
            site_id: string;
            state: components["schemas"]["AttendanceState"];
            visible_ms: number | null;
        };
        /**
         * @description One row. The figures are as closed; `is_counted`, `headcount` as amended. Null: unknown.
         *
         *     `closed_is_counted` and `closed_headcount` are what the row itself says; `headcount_by`: who
         *     reported the latter, where the caller may look at the school that did; by `headcount_source` the
         *     administrator who entered it, or of the classroom that did the assistant its lesson names.
         */
        AttendanceRowOut: {
            amendments: number;
            audible_ms: number | null;
            classroom: string;
            closed_headcount: number | null;
            closed_is_counted: boolean | null;
            connected_ms: number;
            degraded_ms: number | null;
            grade: string;
            has_come: boolean;
            headcount: number | null;
            headcount_by: string | null;
            headcount_source: string | null;
            hub: string;
            /** Format: uuid */
            id: string;
            is_counted: boolean | null;
            lost_ms: number | null;
            not_counted_reason: components["schemas"]["NotCounted"] | null;
            objection: string | null;
            offline_ms: number | null;
            planned_ms: number;
            /** Format: date-time */
            planned_start: string;
            rule_number: number | null;
            /** Format: uuid */
            session_id: string;
            site: string;
            state: components["schemas"]["AttendanceState"];
            subject: string;
            title: string;
            visible_ms: number | null;
        };
        /** @description 计入规则: how much of the plan must be audible at a site, from a day to come. */
        AttendanceRuleIn: {
            /** @description In thousandths. */
            min_audible_permille: number;
            /** @description Why, and by whom. */
            note: string;
            /** Format: date */
            valid_from: string;
        };
        /**
         * @description A rule set. `replaced_from`: the day from which another is in its place; null: none is.
         *
         *     `added_by` null: it came with the software.
         */
        AttendanceRuleOut: {
            added_at: string | null;
            added_by: string | null;
            min_audible_permille: number;
            note: string;
            number: number;
            replaced_from: string | null;
            standing: components["schemas"]["RuleStanding"];
            /** Format: date */
            valid_from: string;
        };
        /** @description A page of rule sets. `may_add`: the caller administers all there is. */
        AttendanceRules: {
            items: components["schemas"]["AttendanceRuleOut"][];
            may_add: boolean;
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        /**
         * @description OPEN while the lesson runs; a correction after LOCKED is a new amendment row.
         * @enum {string}
         */
        AttendanceState: "OPEN" | "AUTO_CLOSED" | "CONFIRMED" | "LOCKED";
        /** @description An authority as it should have been entered. Its region stays. */
        AuthorityEdit: {
            level: components["schemas"]["AuthorityLevel"];
            name: string;
        };
        /** @description An authority to add. */
        AuthorityIn: {
            level: components["schemas"]["AuthorityLevel"];
            name: string;
            /** Format: uuid */
            region_id: string;
        };
        /**
         * @description How high an authority stands.
         * @enum {string}
         */
        AuthorityLevel: "MINISTRY" | "PROVINCE" | "CITY" | "COUNTY";
        /** @description An education authority. `is_own`: the caller administers its region, and may correct it. */
        AuthorityOut: {
            /** Format: uuid */
            id: string;
            is_own: boolean;
            level: components["schemas"]["AuthorityLevel"];
            name: string;
            region: components["schemas"]["Named"];
            version: number;
        };
        /** @description A stretch of a site's line on the time line. */
        BarOut: {
            from_ms: number;
            /**
             * @default connected
             * @constant
             */
            kind: "connected";
            to_ms: number;
        };
        /**
         * @description Which rows a figure rests on: those that count today, or only those locked for good.
         * @enum {string}
         */
        Basis: "COUNTED" | "LOCKED";
        /** @description 作息时间表 of a school. Season: both or neither; it may run over the new year. */
        BellsIn: {
            name: string;
            periods: components["schemas"]["PeriodIn"][];
            /** Format: uuid */
            school_id: string;
            season_from?: string | null;
            season_to?: string | null;
            /** Format: date */
            valid_from: string;
            valid_to?: string | null;
        };
        /** @description A bell schedule with its periods, in order of time. `is_own`: the caller may change it. */
        BellsOut: {
            /** Format: uuid */
            id: string;
            is_own: boolean;
            name: string;
            periods: components["schemas"]["PeriodOut"][];
            school: string;
            /** Format: uuid */
            school_id: string;
            season_from: string | null;
            season_to: string | null;
            /** Format: date */
            valid_from: string;
            valid_to: string | null;
            version: number;
        };
        Body_add_captions: {
            /** @description WebVTT in UTF-8, or SRT in UTF-8, UTF-16 or GB18030; 1 MiB. */
            file: string;
            /** @description What viewers choose them by. */
            label: string;
            /** @description BCP 47; one of the `languages` that `GET` answers. */
            language: string;
        };
        Body_import_table: {
            /** @description .xlsx, .xls, or CSV in UTF-8 or GB18030. */
            file: string;
        };
        Body_replace_captions: {
            /** @description WebVTT in UTF-8, or SRT in UTF-8, UTF-16 or GB18030; 1 MiB. */
            file: string;
            /** @description What viewers choose them by. */
            label: string;
        };
        /** @description A day that is not as its weekday says, of a region or of one school. */
        CalendarDayIn: {
            /** Format: date */
            day: string;
            follows?: number | null;
            kind: components["schemas"]["DayKind"];
            name: string;
            region_id?: string | null;
            school_id?: string | null;
        };
        /**
         * @description A day of the calendar. `place`: the name of the region or school; null: the nation's.
         *
         *     `is_own`: the caller administers that place, and may change the day.
         */
        CalendarDayOut: {
            /** Format: date */
            day: string;
            follows: number | null;
            /** Format: uuid */
            id: string;
            is_own: boolean;
            kind: components["schemas"]["DayKind"];
            name: string;
            place: string | null;
            region_id: string | null;
            school_id: string | null;
            version: number;
        };
        /** @description Why a lesson is not given. */
        CancelIn: {
            reason: string;
        };
        /** @description A hub's offer that could answer the need, with its points out of 100 and the reasons. */
        CandidateOut: {
            acts_for: components["schemas"]["Named"][];
            offer: components["schemas"]["OfferOut"];
            reasons: components["schemas"]["ReasonOut"][];
            score: number;
        };
        /** @description The captions of a recording; `languages`: all that captions can be in. */
        CaptionsListOut: {
            items: components["schemas"]["CaptionsOut"][];
            languages: string[];
        };
        /** @description Captions one may change. `language`: BCP 47; `cues`: how many; `url`: WebVTT. */
        CaptionsOut: {
            /** Format: date-time */
            brought_at: string;
            cues: number;
            /** Format: uuid */
            id: string;
            label: string;
            language: string;
            url: string;
            version: number;
        };
        /** @description Captions to show over the replay. `language`: BCP 47; `url`: WebVTT. */
        CaptionsTrackOut: {
            /** Format: uuid */
            id: string;
            label: string;
            language: string;
            url: string;
        };
        /** @description Another category; a teaching point names its parent. */
        CategoryIn: {
            category: string;
            on?: string | null;
            parent_id?: string | null;
        };
        /**
         * @description That every copy of a recording was removed (`app.recordings.retention`).
         *
         *     `rule`: by which it expired, null: it was withdrawn.
         *     `hub` is a school's name; `store` the object store's address, null: there was none.
         *     `replaced_files`, `replaced_bytes`: what was removed before: replaced by another, or deleted.
         */
        CertificateOut: {
            /** Format: date-time */
            asked_at: string;
            bytes: number;
            files: number;
            files_sha256: string;
            hub: string;
            /** Format: uuid */
            id: string;
            manifest_sha256: string | null;
            note: string;
            /** Format: date-time */
            planned_start: string;
            reason: components["schemas"]["DeletionReason"];
            /** Format: date-time */
            removed_at: string;
            replaced_bytes: number;
            replaced_files: number;
            rule: components["schemas"]["RetentionRuleNamed"] | null;
            /** Format: uuid */
            session_id: string;
            store: string | null;
            title: string;
        };
        /** @description Whether the events are all there and unchanged. */
        ChainOut: {
            broken_at: number | null;
            events: number;
            is_intact: boolean;
        };
        /**
         * @description What happened to a school.
         * @enum {string}
         */
        ChangeKind: "OPENED" | "CLOSED" | "REOPENED" | "RENAMED" | "CATEGORY_CHANGED" | "PARENT_CHANGED" | "REGION_CHANGED" | "CODE_GIVEN" | "CODE_VOIDED" | "CODE_REGAINED";
        /** @description A step a pairing has taken. `on`: from that day the new state held. */
        ChangeOut: {
            /** Format: date-time */
            at: string;
            by: string;
            for_school: string | null;
            from_state: components["schemas"]["PairingState"];
            number: number;
            /** Format: date */
            on: string;
            reason: string;
            to_state: components["schemas"]["PairingState"];
        };
        /**
         * @description STAGE: a classroom on stage. SCREEN, SECOND_CAMERA: shown by the teacher. HOLE: no picture.
         *
         *     HOLE is of the teacher's camera; PAUSE: 一键暂停.
         * @enum {string}
         */
        ChapterKind: "STAGE" | "SCREEN" | "SECOND_CAMERA" | "PAUSE" | "HOLE";
        /** @description What went on for a while beside the lesson itself. `name`: who was on stage, where known. */
        ChapterOut: {
            from_ms: number;
            kind: components["schemas"]["ChapterKind"];
            name: string | null;
            to_ms: number;
        };
        /** @description An offer to the throw-away room of a device check; each road is tried in one of its own. */
        CheckMediaIn: {
            /**
             * @default udp
             * @enum {string}
             */
            road: "udp" | "tcp" | "turn";
            sdp: string;
            sources: {
                [key: string]: components["schemas"]["Source"];
            };
        };
        /** @description The answer. */
        CheckMediaOut: {
            sdp: string;
        };
        /** @description What a page found of its line. Null: not measured; for the relay: there is none. */
        CheckResultIn: {
            down_kbps: number | null;
            is_tcp_open: boolean;
            is_turn_open: boolean | null;
            is_udp_open: boolean;
            rtt_ms: number | null;
            up_kbps: number | null;
        };
        /** @description A classroom's lessons today; what runs now, what comes next, what is to be confirmed. */
        ClassroomDay: {
            classroom: components["schemas"]["Named"];
            current: components["schemas"]["LessonCard"] | null;
            lessons: components["schemas"]["LessonCard"][];
            next: components["schemas"]["LessonCard"] | null;
            /** Format: date-time */
            now: string;
            school: components["schemas"]["Named"];
            to_confirm: components["schemas"]["ToConfirm"] | null;
        };
        /** @description What changes of a classroom; what is left out stays. */
        ClassroomEdit: {
            cameras?: number | null;
            displays?: number | null;
            has_microphone_array?: boolean | null;
            link_kind?: string | null;
            may_broadcast?: boolean | null;
            name?: string | null;
            seats?: number | null;
        };
        /** @description A classroom to add. */
        ClassroomIn: {
            /** @default 1 */
            cameras: number;
            /** @default 1 */
            displays: number;
            /** @default false */
            has_microphone_array: boolean;
            link_kind?: string | null;
            /** @default false */
            may_broadcast: boolean;
            name: string;
            /** Format: uuid */
            school_id: string;
            seats?: number | null;
        };
        /**
         * @description A classroom's line: what is declared, what was last measured, and in which lesson.
         *
         *     `history`: how it was in the lessons of the last 30 days; null: there was none.
         */
        ClassroomLine: {
            budget_down_kbps: number | null;
            budget_up_kbps: number | null;
            classroom: string;
            /** Format: uuid */
            classroom_id: string;
            history: components["schemas"]["LineHistoryOut"] | null;
            measured: components["schemas"]["LineFigures"];
            school: string;
            /** Format: uuid */
            session_id: string;
        };
        /**
         * @description A classroom with its devices. `school` and `region` are names.
         *
         *     `checked`: the newest check of its line, `room_test` the newest test of its sound; None:
         *     there has been none. `link_kind` is a code of kind LINK, None: nobody has said.
         */
        ClassroomOut: {
            budget_down_kbps: number | null;
            budget_up_kbps: number | null;
            cameras: number;
            category: string;
            checked: components["schemas"]["LineCheckOut"] | null;
            devices: components["schemas"]["DeviceOut"][];
            displays: number;
            has_microphone_array: boolean;
            /** Format: uuid */
            id: string;
            link_kind: string | null;
            may_broadcast: boolean;
            name: string;
            region: string;
            room_test: components["schemas"]["RoomTestOut"] | null;
            school: string;
            /** Format: uuid */
            school_id: string;
            seats: number | null;
            version: number;
        };
        /** @description What a classroom receives from `today` on, or was to, seven days, in order of time. */
        ClassroomWeek: {
            lessons: components["schemas"]["ComingLesson"][];
            /** Format: date */
            today: string;
        };
        /** @description A file to play: from `start_ms` of the lesson on. */
        ClipOut: {
            duration_ms: number;
            group: string;
            has_audio: boolean;
            has_video: boolean;
            /** Format: uuid */
            id: string;
            mime: string;
            name: string;
            seat_id: string;
            start_ms: number;
            url: string;
        };
        /** @description A code at one end of a mapping. `set`: the key of its set. */
        CodeEnd: {
            code: string;
            /** Format: uuid */
            id: string;
            label_en: string;
            label_zh: string;
            set: string;
        };
        /**
         * @description What the codes of a set are about. Sets of one kind can be mapped to each other.
         * @enum {string}
         */
        CodeKind: "SUBJECT" | "STAGE" | "GRADE" | "SCHOOL_CATEGORY" | "URBAN_RURAL" | "LINK" | "LANGUAGE" | "REGION_LABEL";
        /** @description A mapping between two codes. Not exact: one is wider; within a set the second. */
        CodeMapOut: {
            from_code: components["schemas"]["CodeEnd"];
            is_exact: boolean;
            to_code: components["schemas"]["CodeEnd"];
        };
        /** @description A code with its words. `set`: the key of its set; `is_point`: see `Code`. */
        CodeOut: {
            code: string;
            /** Format: uuid */
            id: string;
            is_point: boolean;
            kind: components["schemas"]["CodeKind"];
            label_bo: string;
            label_en: string;
            label_zh: string;
            set: string;
            valid_from: string | null;
            valid_to: string | null;
        };
        /** @description A code set; see `CodeSet`. */
        CodeSetOut: {
            /** Format: uuid */
            id: string;
            is_shown: boolean;
            is_stored: boolean;
            key: string;
            kind: components["schemas"]["CodeKind"];
            label_en: string;
            label_zh: string;
            source: string;
            valid_from: string | null;
            valid_to: string | null;
        };
        /**
         * @description A lesson as the classroom's screen announces it, with what became of it.
         *
         *     `moved_from`: when it was to begin first; `moved_to`: when it begins now, of one that was
         *     moved out of the days announced and is announced at the time it had; `instead_of`: whose
         *     lesson it is, which another gives; `makes_up`, `made_up_on`: when the lesson began that it
         *     makes up, that makes it up.
         */
        ComingLesson: {
            cancelled_because: string | null;
            /** Format: date */
            day: string;
            grade: string;
            hub_school: string;
            /** Format: uuid */
            id: string;
            instead_of: string | null;
            lecturer: string;
            made_up_on: string | null;
            makes_up: string | null;
            moved_from: string | null;
            moved_to: string | null;
            /** Format: date-time */
            planned_end: string;
            /** Format: date-time */
            planned_start: string;
            state: components["schemas"]["LessonState"];
            subject: string;
            title: string;
        };
        /** @description That a row is right as it is; `headcount` null: as it was reported. */
        ConfirmationIn: {
            headcount?: number | null;
        };
        /** @description A row that is confirmed. */
        ConfirmedOut: {
            headcount: number | null;
            /** Format: uuid */
            id: string;
            state: components["schemas"]["AttendanceState"];
        };
        /** @description One sentence about one offering; `values` are what its words need: names and numbers. */
        Conflict: {
            code: components["schemas"]["ConflictCode"];
            offering_id: string;
            values: {
                [key: string]: string | number;
            };
        };
        /**
         * @description What the sentence says.
         * @enum {string}
         */
        ConflictCode: "hub-without-bells" | "site-without-bells" | "no-shared-window" | "sites-without-common-window" | "too-few-windows" | "kept-free" | "taken" | "crowded";
        /**
         * @description What of the registry was corrected, beside schools, which have changes of their own.
         * @enum {string}
         */
        Corrected: "REGION" | "LABEL" | "AUTHORITY";
        /**
         * @description What a thing was and became. `region`: it, the one its label is of, or its authority's.
         *
         *     `before`, `after`: code and name; a label's word and `first day/last day`; an authority's name
         *     and level. `noted_by`: null where nobody signed in did it.
         */
        CorrectionOut: {
            after: string;
            before: string;
            /** Format: uuid */
            id: string;
            /** Format: date-time */
            noted_at: string;
            noted_by: string | null;
            region: components["schemas"]["Named"];
            thing: components["schemas"]["Corrected"];
        };
        /** @description The figures of a county; its code as it stood on the roster. */
        CountyFigures: {
            code: string;
            figures: components["schemas"]["FigureOut"][];
            name: string;
            sites: number;
            unplaced: number;
            without_timetable: number;
        };
        /** @description 全县课表: a page of rows, and the lessons they name, each once and in order of time. */
        CountyWeek: {
            /** Format: date */
            first_day: string;
            items: components["schemas"]["CountyWeekRow"][];
            lessons: components["schemas"]["LessonOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        /** @description A row of a county's week. `detail`: a teacher's school; empty for a school. */
        CountyWeekRow: {
            detail: string;
            /** Format: uuid */
            id: string;
            lesson_ids: string[];
            name: string;
        };
        /** @description Figures over a roster and a period, side by side, with the rules they are counted by. */
        CoverageOut: {
            basis: components["schemas"]["Basis"];
            counties: components["schemas"]["CountyFigures"][];
            definitions: components["schemas"]["DefinitionOut"][];
            period: components["schemas"]["CoveragePeriod"];
            roster: components["schemas"]["Named"];
            /** Format: date */
            taken_on: string;
            whole: components["schemas"]["Figures"];
        };
        /** @description Whole weeks: a Monday, a Sunday, and how many teaching weeks lie between. */
        CoveragePeriod: {
            /** Format: date */
            first: string;
            /** Format: date */
            last: string;
            weeks: number;
        };
        /**
         * @description What a site is counted by in every figure. Periods to a tenth.
         *
         *     `weeks`: the teaching weeks in which its best subject came. `subjects` 0: no timetable.
         */
        CoverageSite: {
            county: string;
            filled: number;
            lacking: number;
            needs: number;
            needs_met: number;
            offered: number;
            position: number;
            reached: number;
            required: number;
            school: components["schemas"]["Named"];
            subjects: number;
            taught: number;
            weeks: number;
        };
        /** @description What a plan requires of a subject in a grade. */
        CurriculumCellIn: {
            grade_no: number;
            /** @example 2 */
            periods_a_week: number;
            /** Format: uuid */
            subject_id: string;
        };
        /** @description What a plan requires of a subject in a grade. */
        CurriculumCellOut: {
            grade_no: number;
            periods_a_week: number;
            subject: components["schemas"]["SubjectOut"];
        };
        /** @description A plan with all that it requires, grade by grade. */
        CurriculumDetail: {
            cells: components["schemas"]["CurriculumCellOut"][];
            /** Format: uuid */
            id: string;
            name: string;
            region: components["schemas"]["Named"] | null;
            source: string;
            /** Format: date */
            valid_from: string;
            version: number;
        };
        /** @description A plan as it is to be, but for its region. */
        CurriculumEdit: {
            cells: components["schemas"]["CurriculumCellIn"][];
            name: string;
            /** @default  */
            source: string;
            /** Format: date */
            valid_from: string;
        };
        /** @description A plan of a region, from a day on, with all that it requires. */
        CurriculumIn: {
            cells: components["schemas"]["CurriculumCellIn"][];
            name: string;
            /** Format: uuid */
            region_id: string;
            /** @default  */
            source: string;
            /** Format: date */
            valid_from: string;
        };
        /** @description A plan in a list, with how it stands today. */
        CurriculumItem: {
            force: components["schemas"]["Force"];
            /** Format: uuid */
            id: string;
            name: string;
            region: components["schemas"]["Named"] | null;
            source: string;
            /** Format: date */
            valid_from: string;
            version: number;
        };
        /**
         * @description 放假, or 补课: a day that runs the timetable of the weekday it `follows`.
         * @enum {string}
         */
        DayKind: "HOLIDAY" | "MAKE_UP";
        /** @description Days from the first to the last, both included. */
        DaySpanOut: {
            /** Format: date */
            first: string;
            /** Format: date */
            last: string;
        };
        /** @description How a figure is counted, in words. */
        DefinitionOut: {
            /** Format: uuid */
            id: string;
            indicator: components["schemas"]["Indicator"];
            kinds: components["schemas"]["LessonKind"][];
            number: number;
            permille: number | null;
            rule_en: string;
            rule_zh: string;
            title_en: string;
            title_zh: string;
            unit: components["schemas"]["Unit"];
        };
        /** @description A version of a definition in a list, with the day from which it holds. */
        DefinitionVersion: {
            force: components["schemas"]["Force"];
            /** Format: uuid */
            id: string;
            indicator: components["schemas"]["Indicator"];
            kinds: components["schemas"]["LessonKind"][];
            number: number;
            permille: number | null;
            rule_en: string;
            rule_zh: string;
            title_en: string;
            title_zh: string;
            unit: components["schemas"]["Unit"];
            /** Format: date */
            valid_from: string;
        };
        /**
         * @description Why a recording was removed.
         * @enum {string}
         */
        DeletionReason: "EXPIRED" | "WITHDRAWN";
        /** @description A lesson behind a figure, as it came to a school; `session_id`: its page of evidence. */
        DeliveredLesson: {
            grade: string;
            hub: components["schemas"]["Named"];
            is_locked: boolean;
            kind: components["schemas"]["LessonKind"];
            /** Format: uuid */
            lesson_id: string;
            /** Format: date-time */
            planned_start: string;
            school: components["schemas"]["Named"];
            /** Format: uuid */
            session_id: string;
            subject: string;
            title: string;
        };
        /** @description The classroom's device this browser is. */
        DeviceIdentity: {
            classroom: components["schemas"]["Named"];
            csrf_token: string;
            /** Format: uuid */
            id: string;
            name: string;
            school: components["schemas"]["Named"];
        };
        /**
         * @description What a device is: a browser on a computer, a recorder with a browser in it, a camera.
         * @enum {string}
         */
        DeviceKind: "BROWSER" | "RECORDER" | "CAMERA";
        /** @description A device as its administrator sees it. */
        DeviceOut: {
            /** Format: date-time */
            enrolled_at: string;
            /** Format: uuid */
            id: string;
            kind: components["schemas"]["DeviceKind"];
            last_seen_at: string | null;
            name: string;
            state: components["schemas"]["DeviceState"];
        };
        /**
         * @description ENROLLED until it first comes back by itself, then TRUSTED; REVOKED for good.
         * @enum {string}
         */
        DeviceState: "ENROLLED" | "TRUSTED" | "REVOKED";
        /**
         * @description LESSON: pictures and sound (MP4, H.264 and AAC). SOUND: sound alone (M4A, AAC).
         *
         *     SMALL: as LESSON, for lines of 1 Mbit/s.
         * @enum {string}
         */
        DownloadForm: "LESSON" | "SMALL" | "SOUND";
        /**
         * @description One file of a whole lesson. `url`: for whoever asked, and for some hours.
         *
         *     `step` is what is done now: `fetching`, `measuring` or `composing`; `done` of `total` of it.
         *     `speed`: how many seconds of the lesson were made in one. `lufs`: its loudness (EBU R 128).
         *     `problem`: why it could not be made; while it is WAITING, what it waits for beside its turn.
         *     `ahead`: so many others come before it.
         */
        DownloadOut: {
            /** @default 0 */
            ahead: number;
            bytes?: number | null;
            /** @default 0 */
            done: number;
            duration_ms?: number | null;
            form: components["schemas"]["DownloadForm"];
            lufs?: number | null;
            problem?: string | null;
            speed?: number | null;
            state: components["schemas"]["DownloadState"];
            /** @default  */
            step: string;
            total?: number | null;
            url?: string | null;
        };
        /** @description The files of a whole lesson, made or not. */
        DownloadsOut: {
            items: components["schemas"]["DownloadOut"][];
        };
        /**
         * @description NONE: nobody has asked for it. FAILED: it could not be made, and may be asked for again.
         * @enum {string}
         */
        DownloadState: "NONE" | "WAITING" | "RUNNING" | "READY" | "FAILED";
        /** @description Why an administrator ends a lesson; it is written down. */
        EndIn: {
            reason: string;
        };
        /** @description An enrolment code as typed. */
        Enrol: {
            code: string;
        };
        /** @description What was entered. */
        EnteredOut: {
            /** Format: uuid */
            id: string;
        };
        /** @description One event. `clock_ms` is on the lesson clock, `at` when it was written. */
        EventOut: {
            actor: string | null;
            actor_name: string | null;
            /** Format: date-time */
            at: string;
            clock_ms: number;
            number: number;
            payload: {
                [key: string]: unknown;
            };
            seat_id: string | null;
            seat_name: string | null;
            type: string;
        };
        /** @description A page of events; `next` is what `after` must be for the page that follows. */
        EventsOut: {
            items: components["schemas"]["EventOut"][];
            next: number | null;
            total: number;
        };
        /** @description A file that was handed in; an event names it by `file_id`. */
        EvidenceOut: {
            /** Format: uuid */
            file_id: string;
            name: string;
            sha256: string;
        };
        /**
         * @description The kinds of file a list is given as.
         * @enum {string}
         */
        ExportFormat: "csv" | "xlsx";
        /** @description The new address, told this once: a path on this server. */
        FeedMade: {
            /** Format: date-time */
            made_at: string;
            path: string;
        };
        /** @description Whether there is an address, and since when; it itself is told only as it is made. */
        FeedOut: {
            made_at: string | null;
        };
        /**
         * @description A figure: of `denominator`, `numerator`. Of TENTHS both are periods, to a tenth.
         *
         *     `permille`: the share in thousandths, rounded down; null: there is nothing to be a share of.
         */
        FigureOut: {
            denominator: number;
            indicator: components["schemas"]["Indicator"];
            numerator: number;
            permille: number | null;
        };
        /**
         * @description All figures of a county, or of all counties.
         *
         *     `without_timetable`: sites that say nothing of what they teach, and are in no figure of
         *     subjects or periods. `unplaced`: periods that came for no grade and subject that is required.
         */
        Figures: {
            figures: components["schemas"]["FigureOut"][];
            sites: number;
            unplaced: number;
            without_timetable: number;
        };
        /** @description What an administrator may filter sessions by, beside days, words and a school. */
        Filters: {
            kinds: components["schemas"]["LessonKind"][];
            states: components["schemas"]["LessonState"][];
        };
        /**
         * @description How a plan stands on a day among those of its region, a definition among its versions.
         * @enum {string}
         */
        Force: "HOLDS" | "TO_COME" | "REPLACED";
        /**
         * @description By what gaps are added up.
         * @enum {string}
         */
        GapKey: "SUBJECT" | "GRADE";
        /** @description A grade and a subject at a site: what is required, and what is lacking. In periods. */
        GapOut: {
            delivered: number;
            gap: number;
            grade_no: number;
            local: number;
            required: number;
            standing: components["schemas"]["Standing"];
            subject: components["schemas"]["SubjectOut"];
        };
        /**
         * @description What is lacking of a subject, or in a grade, at `sites` sites together. In periods.
         *
         *     `subject` or `grade_no`, by which it was added up; `required`: of the cells that lack any.
         */
        GapSum: {
            gap: number;
            grade_no: number | null;
            required: number;
            sites: number;
            subject: components["schemas"]["SubjectOut"] | null;
        };
        /**
         * @description A lesson the caller served in: at how many of her sites it counts, how many are locked.
         *
         *     Her sites are all of it as the lecturer, those that name her as the assistant.
         */
        GivenLesson: {
            counted: number;
            earned_ms: number;
            grade: string;
            locked: number;
            /** Format: date-time */
            planned_end: string;
            /** Format: date-time */
            planned_start: string;
            role: components["schemas"]["ServiceRole"];
            /** Format: uuid */
            session_id: string;
            sites: number;
            state: components["schemas"]["LessonState"];
            subject: string;
            title: string;
        };
        /**
         * @description What happened to a grant.
         * @enum {string}
         */
        GrantChangeKind: "GIVEN" | "ENDED";
        /** @description One thing that happened to a grant, and who did it. */
        GrantChangeOut: {
            /** Format: uuid */
            grant_id: string;
            /** Format: uuid */
            id: string;
            kind: components["schemas"]["GrantChangeKind"];
            /** Format: date-time */
            made_at: string;
            made_by_name: string;
            person: string;
            place: string;
            role: components["schemas"]["Role"];
            until: string | null;
        };
        /** @description When a role ends; null: now. */
        GrantEnd: {
            until?: string | null;
        };
        /** @description A role to give, within exactly one place; `until`: the moment it ends, null: no end. */
        GrantIn: {
            alliance_id?: string | null;
            authority_id?: string | null;
            /** Format: uuid */
            person_id: string;
            /** @default  */
            purpose: string;
            region_id?: string | null;
            role: components["schemas"]["Role"];
            school_id?: string | null;
            until?: string | null;
        };
        /** @description A role somebody holds or held. `place`: the name of where it holds. */
        GrantOut: {
            /** Format: uuid */
            id: string;
            is_in_force: boolean;
            person: components["schemas"]["Named"];
            place: string;
            purpose: string;
            role: components["schemas"]["Role"];
            until: string | null;
        };
        /**
         * @description How a lesson of today stands. LATE: it should have begun, and may still be.
         * @enum {string}
         */
        Group: "RUNNING" | "LATE" | "NEXT" | "MISSED" | "CANCELLED" | "OVER";
        /**
         * @description A kind of thing somebody has to do.
         * @enum {string}
         */
        Hand: "OBJECTIONS" | "UNCONFIRMED" | "NEEDS" | "AGREEMENTS" | "JOBS" | "PLATFORM_JOBS" | "DISK" | "ROOM" | "SECOND_PLACE" | "UNKNOWN_FOLDERS" | "QUEUE_LIGHT" | "QUEUE_REPLAYS" | "QUEUE_KEEPING" | "QUEUE_HEAVY";
        /**
         * @description Something that waits for a hand, and how often; of DISK, the percentage that is free.
         *
         *     Of ROOM, how many GB the recordings of today lack. Of SECOND_PLACE, for how many minutes there
         *     has been none for recordings; of a QUEUE, for how many nobody has worked for it.
         */
        HandOut: {
            count: number;
            hand: components["schemas"]["Hand"];
        };
        /** @description How many pupils were there; and what is wrong with the row, if anything is. */
        HeadcountIn: {
            count: number;
            objection?: string | null;
        };
        /** @description The confirmed number of pupils of a classroom in a lesson. */
        HeadcountOut: {
            headcount: number;
            /** Format: uuid */
            lesson_id: string;
            state: components["schemas"]["AttendanceState"];
        };
        /** @description All steps of a pairing, and the days that count. */
        History: {
            active: components["schemas"]["DaySpanOut"][];
            items: components["schemas"]["ChangeOut"][];
        };
        /** @description Why a recording is to stay. */
        HoldIn: {
            reason: string;
        };
        /**
         * @description A hold. `placed_by`, `lifted_by` are names, null: from the server's command line.
         *
         *     `is_of_office`: it was placed from above the school. `may_lift`: the caller may lift it now.
         */
        HoldOut: {
            /** Format: uuid */
            id: string;
            is_of_office: boolean;
            lifted_at: string | null;
            lifted_by: string | null;
            may_lift: boolean;
            /** Format: date-time */
            placed_at: string;
            placed_by: string | null;
            reason: string;
        };
        /**
         * @description How service hours are listed: by name, or who gave most first.
         * @enum {string}
         */
        HoursOrder: "NAME" | "MOST";
        /** @description A relay, as browsers take it (RTCIceServer). */
        IceServerOut: {
            credential: string;
            urls: string[];
            username: string;
        };
        /**
         * @description What a table is of.
         * @enum {string}
         */
        ImportKind: "schools" | "classes" | "classrooms" | "regions" | "staff" | "local-timetables" | "alliances";
        /** @description A lesson shut down, ended from outside, or troubled by the server. */
        IncidentOut: {
            action: string;
            actor: string | null;
            actor_name: string | null;
            /** Format: date-time */
            at: string;
            clock_ms: number;
            reason: string;
        };
        /**
         * @description The figures there are; how each is counted is a definition's.
         * @enum {string}
         */
        Indicator: "COV_REACHED" | "COV_REGULAR" | "COV_NEED" | "COV_PERIODS" | "OFFER_RATE" | "PERIOD_RATE";
        /**
         * @description What a figure rests on. SUBJECTS: what words of lessons and of plans stand for.
         * @enum {string}
         */
        Input: "ROWS" | "TEACHING_WEEKS" | "CURRICULA" | "TIMETABLES" | "NEEDS" | "SUBJECTS";
        /** @description An enrolment code, shown once. */
        IssuedCode: {
            code: string;
            /** Format: date-time */
            expires_at: string;
        };
        /** @description The file of a result. */
        JobFileOut: {
            bytes: number;
            media_type: string;
            name: string;
            url: string;
        };
        /** @description A job as its owner sees it. `result` is as its kind says. */
        JobOut: {
            attempts: number;
            can_cancel: boolean;
            can_retry: boolean;
            /** Format: date-time */
            created_at: string;
            file: components["schemas"]["JobFileOut"] | null;
            finished_at: string | null;
            /** Format: uuid */
            id: string;
            /** @example schools.import */
            kind: string;
            problem: components["schemas"]["JobProblem"] | null;
            progress: components["schemas"]["ProgressOut"];
            queue: components["schemas"]["Queue"];
            result: {
                [key: string]: unknown;
            } | null;
            started_at: string | null;
            state: components["schemas"]["JobState"];
        };
        /** @description Why a job did not come to its end, as a problem (RFC 9457) would say it. */
        JobProblem: {
            detail: string;
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * @description FAILED: refused with a reason, trying again would not help. DEAD: given up on (死信).
         * @enum {string}
         */
        JobState: "QUEUED" | "RUNNING" | "DONE" | "FAILED" | "DEAD" | "CANCELLED";
        JsonValue: unknown;
        /** @description A period of a school's own weekday that no lesson from afar may take. */
        KeptFree: {
            period: number;
            /** Format: uuid */
            school_id: string;
            /** @description ISO 8601: 1 Monday to 7 Sunday. */
            weekday: number;
        };
        /**
         * @description How long a recording is kept, why, and who keeps it longer.
         *
         *     `kept_until`: when it expires, null: not by itself, or it is hidden already; `rule`: by which,
         *     as they stand now, rules to come included, or by which it expired; null: it was withdrawn.
         *     `hidden_at`, `hidden_note`: since when nobody is shown it, and what was said then;
         *     `removed_after`: its copies are removed from then on, unless it is held. `may_change`: the
         *     caller administers the school that gave the lesson. `certificate`: that its copies were removed.
         */
        KeptOut: {
            certificate: components["schemas"]["CertificateOut"] | null;
            hidden_at: string | null;
            hidden_note: string | null;
            holds: components["schemas"]["HoldOut"][];
            kept_until: string | null;
            may_change: boolean;
            purpose: components["schemas"]["RecordingPurpose"];
            purposes: components["schemas"]["PurposeOut"][];
            removed_after: string | null;
            rule: components["schemas"]["RetentionRuleNamed"] | null;
            state: components["schemas"]["RecordingState"];
        };
        /**
         * @description What a lecturer's browser, or a classroom, lacks.
         *
         *     AWAY: it was not heard of just now. UNCHECKED: it has not tried its line for a month.
         *     NO_ROAD: when it last did, no road for sound and picture was open.
         * @enum {string}
         */
        Lack: "AWAY" | "UNCHECKED" | "NO_ROAD";
        /** @description Periods a week of an offering that no plan could place together with the others. */
        Lacking: {
            offering_id: string;
            periods: number;
        };
        /**
         * @description A lesson as every page shows it. `hub_school` and `lecturer` are names.
         *
         *     `lacks`: what the hub lacks; null: nobody looks, it is not about to begin.
         */
        LessonCard: {
            can_start: boolean;
            /** Format: date-time */
            can_start_from: string;
            grade: string;
            hub_school: string;
            /** Format: uuid */
            id: string;
            is_recorded: boolean;
            kind: components["schemas"]["LessonKind"];
            lacks: components["schemas"]["Lack"][] | null;
            lecturer: string;
            /** Format: date-time */
            planned_end: string;
            /** Format: date-time */
            planned_start: string;
            session_id: string | null;
            sites: components["schemas"]["SiteCard"][];
            state: components["schemas"]["LessonState"];
            subject: string;
            title: string;
        };
        /** @description What a lesson that has not begun becomes. */
        LessonEdit: {
            /** Format: date-time */
            ends_at: string;
            hub_classroom_id: string | null;
            sites: components["schemas"]["SiteIn"][];
            /** Format: date-time */
            starts_at: string;
            title: string;
        };
        /** @description One lesson of an offering; what is left out is as the offering says. */
        LessonIn: {
            /** Format: date-time */
            ends_at: string;
            /** @default true */
            is_published: boolean;
            /** Format: uuid */
            offering_id: string;
            /** Format: date-time */
            starts_at: string;
            /** @default  */
            title: string;
        };
        /**
         * @description 专递课堂, 名师课堂, 名校网络课堂.
         * @enum {string}
         */
        LessonKind: "DELIVERY" | "MASTER" | "ELITE";
        /** @description A planned lesson and what became of it. `is_own`: the caller administers its hub. */
        LessonOut: {
            cancelled_because: string | null;
            grade: string;
            hub_classroom: components["schemas"]["Named"] | null;
            hub_school: components["schemas"]["Named"];
            /** Format: uuid */
            id: string;
            is_own: boolean;
            kind: components["schemas"]["LessonKind"];
            lecturer: components["schemas"]["Named"];
            made_up_by: components["schemas"]["OtherLesson"] | null;
            makes_up: components["schemas"]["OtherLesson"] | null;
            offering_id: string | null;
            /** Format: date-time */
            planned_end: string;
            /** Format: date-time */
            planned_start: string;
            sites: components["schemas"]["SiteOut"][];
            state: components["schemas"]["LessonState"];
            subject: string;
            substitutions: components["schemas"]["SubstitutionOut"][];
            title: string;
            version: number;
        };
        /**
         * @description States of a lesson, as in `docs/glossary.md`.
         * @enum {string}
         */
        LessonState: "PLANNED" | "PUBLISHED" | "READY" | "LIVE" | "PAUSED_ALL" | "ENDED" | "STOPPED_INCIDENT" | "VERIFIED" | "CREDITED" | "CANCELLED" | "MISSED" | "MADE_UP";
        /** @description What a device check found: the road media takes, the others, the delay, the rates. */
        LineCheckOut: {
            /** Format: date-time */
            checked_at: string;
            down_kbps: number | null;
            is_tcp_open: boolean;
            is_turn_open: boolean | null;
            is_udp_open: boolean;
            road: components["schemas"]["Road"];
            rtt_ms: number | null;
            up_kbps: number | null;
        };
        /**
         * @description What a line was in one lesson: the middle of each figure and its worse end.
         *
         *     Null: not measured. What the estimate says of a line is what it would carry; the others are
         *     what was used of it.
         */
        LineFigures: {
            down_high_kbps: number | null;
            down_kbps: number | null;
            estimate_down_kbps: number | null;
            estimate_down_low_kbps: number | null;
            loss_down_high_permille: number | null;
            loss_down_permille: number | null;
            loss_up_high_permille: number | null;
            loss_up_permille: number | null;
            /** Format: date-time */
            measured_at: string;
            reports: number;
            rtt_high_ms: number | null;
            rtt_ms: number | null;
            up_high_kbps: number | null;
            up_kbps: number | null;
        };
        /**
         * @description A line over the lessons of the last 30 days. Null: not measured in any.
         *
         *     `down_kbps` is what the line would carry, or at least carried; `up_kbps` what it carried.
         */
        LineHistoryOut: {
            down_kbps: components["schemas"]["SpreadOut"] | null;
            lessons: number;
            loss_down_permille: components["schemas"]["SpreadOut"] | null;
            loss_up_permille: components["schemas"]["SpreadOut"] | null;
            rtt_ms: components["schemas"]["SpreadOut"] | null;
            up_kbps: components["schemas"]["SpreadOut"] | null;
        };
        /** @description What a classroom's line is declared to carry, in kbit/s; null: not declared. */
        LineIn: {
            budget_down_kbps: number | null;
            budget_up_kbps: number | null;
        };
        /** @description What a classroom's line is declared to carry, in kbit/s; null: not declared. */
        LineOut: {
            budget_down_kbps: number | null;
            budget_up_kbps: number | null;
        };
        /**
         * @description What a link is for.
         * @enum {string}
         */
        LinkPurpose: "SET_PASSWORD" | "DEMONSTRATION";
        /** @description What is going on in the open room. */
        LiveOut: {
            is_paused: boolean;
            present: string[];
        };
        /** @description What a class is taught of a subject by its own school. */
        LocalPeriodsIn: {
            /** @example 2 */
            periods_a_week: number;
            /** Format: uuid */
            subject_id: string;
        };
        /** @description What a class is taught of a subject. */
        LocalPeriodsOut: {
            periods_a_week: number;
            subject: components["schemas"]["SubjectOut"];
        };
        /** @description All that a class is taught locally; nothing: its school teaches it nothing. */
        LocalTimetableEdit: {
            periods: components["schemas"]["LocalPeriodsIn"][];
        };
        /** @description The timetable of a class for a term. */
        LocalTimetableIn: {
            /** Format: uuid */
            class_id: string;
            periods: components["schemas"]["LocalPeriodsIn"][];
            /** Format: uuid */
            term_id: string;
        };
        /** @description What a class is taught by its own school in a term. */
        LocalTimetableOut: {
            grade_no: number;
            /** Format: uuid */
            id: string;
            periods: components["schemas"]["LocalPeriodsOut"][];
            school: components["schemas"]["Named"];
            school_class: components["schemas"]["Named"];
            /** Format: uuid */
            term_id: string;
            version: number;
        };
        /** @description That somebody locked a term. */
        LockOut: {
            /** Format: date-time */
            at: string;
            /** Format: uuid */
            id: string;
            person: string;
        };
        /** @description When the lesson is made up, and by whom; null: by whoever was to give it. */
        MakeUpIn: {
            /** Format: date-time */
            ends_at: string;
            lecturer_id?: string | null;
            /** Format: date-time */
            starts_at: string;
        };
        /**
         * @description The candidates of a need, best first.
         *
         *     `is_cut`: there are more than are ranked; allied hubs and those of its county go before others.
         */
        MatchList: {
            is_cut: boolean;
            items: components["schemas"]["CandidateOut"][];
        };
        /** @description Who this browser proves to be. */
        Me: {
            demo: boolean;
            device: components["schemas"]["DeviceIdentity"] | null;
            person: components["schemas"]["PersonOut"] | null;
        };
        /** @description What may change of a membership: its role and its last day. */
        MemberChange: {
            role: components["schemas"]["MemberRole"];
            to_on?: string | null;
        };
        /**
         * @description A school in an alliance from a day on, to a day or without end.
         *
         *     A school one does not see is named by the ministry's code: that of another region's.
         */
        MemberIn: {
            /** Format: date */
            from_on: string;
            moe_code?: string | null;
            role: components["schemas"]["MemberRole"];
            school_id?: string | null;
            to_on?: string | null;
        };
        /**
         * @description A member. `is_outside`: it lies beyond the alliance's region.
         *
         *     Of one outside its lessons are seen (授课), its staff, classrooms and pupils are not.
         */
        MemberOut: {
            /** Format: date */
            from_on: string;
            /** Format: uuid */
            id: string;
            is_outside: boolean;
            region: components["schemas"]["Named"];
            role: components["schemas"]["MemberRole"];
            school: components["schemas"]["Named"];
            to_on: string | null;
            version: number;
        };
        /**
         * @description A hub may give lessons, a member receive and pass on; an observer only looks.
         * @enum {string}
         */
        MemberRole: "HUB" | "MEMBER" | "OBSERVER";
        /** @description Another title. */
        MicroLessonEdit: {
            title: string;
        };
        /** @description A piece of a lesson: from one moment of its clock to another, in ms. */
        MicroLessonIn: {
            from_ms: number;
            title: string;
            until_ms: number;
        };
        /**
         * @description A piece of a lesson, from `from_ms` to `until_ms` of its clock.
         *
         *     `state` is never NONE. While it is made, `step` is what is done now: `cutting`, or a step of the
         *     film of the lesson that is made first (`DownloadOut`); `done` of `total` of it. `problem`: why
         *     it could not be made; while it is WAITING, what it waits for beside its turn. `ahead`: so many
         *     others come before it, or before its film. `is_outdated`: the replay was made again, and the
         *     piece is not cut out of that one yet, nor will be by itself where there is a `problem`. `url`
         *     plays it, `take_url` is the file to take along, for who may: each for whoever asked, and for
         *     some hours.
         */
        MicroLessonOut: {
            /** @default 0 */
            ahead: number;
            bytes?: number | null;
            /** @default 0 */
            done: number;
            duration_ms?: number | null;
            from_ms: number;
            /** Format: uuid */
            id: string;
            is_outdated: boolean;
            maker: string;
            problem?: string | null;
            /** Format: date-time */
            saved_at: string;
            /** Format: uuid */
            session_id: string;
            state: components["schemas"]["DownloadState"];
            /** @default  */
            step: string;
            take_url?: string | null;
            title: string;
            total?: number | null;
            until_ms: number;
            url?: string | null;
            version: number;
        };
        /** @description The pieces of a lesson as they lie in it. `may_change`: the caller makes and changes them. */
        MicroLessonsOut: {
            items: components["schemas"]["MicroLessonOut"][];
            may_change: boolean;
        };
        /**
         * @description What a stretch of a lesson was at a site.
         * @enum {string}
         */
        Minute: "audible" | "degraded" | "lost" | "offline";
        /** @description What was recorded and cannot be read: picture or sound of a seat. `name` is the seat's. */
        MissingOut: {
            from_ms: number;
            group: string;
            /** @enum {string} */
            kind: "audio" | "video";
            name: string;
            to_ms: number;
        };
        /**
         * @description A step of a pairing: the state to enter, for which school, and why.
         *
         *     DRAFT is how a school declines; a school proposes (PROPOSED) and the others agree (ACCEPTED).
         */
        MoveIn: {
            /** @default  */
            reason: string;
            school_id?: string | null;
            to: components["schemas"]["PairingState"];
        };
        /** @description Something with an id and a name. */
        Named: {
            /** Format: uuid */
            id: string;
            name: string;
        };
        /** @description 需求: what a site cannot teach itself, and when it could be taught. */
        NeedIn: {
            /** @example 08:30 */
            earliest: string;
            /** Format: date */
            ends_on: string;
            /** @description A code of the stored set of grades, counted from the first form. */
            grade_no: number;
            language: string;
            /** @example 08:30 */
            latest: string;
            /** @default  */
            note: string;
            periods_a_week: number;
            /** Format: uuid */
            school_id: string;
            /** Format: date */
            starts_on: string;
            subject: string;
            /** @description ISO 8601: 1 Monday to 7 Sunday. */
            weekdays: number[];
        };
        /** @description A need of a school. `is_own`: the caller administers the school that posted it. */
        NeedOut: {
            earliest: string;
            /** Format: date */
            ends_on: string;
            grade_no: number;
            /** Format: uuid */
            id: string;
            is_own: boolean;
            language: string;
            latest: string;
            note: string;
            pairing_id: string | null;
            periods_a_week: number;
            /** Format: date-time */
            posted_at: string;
            school: components["schemas"]["Named"];
            /** Format: date */
            starts_on: string;
            state: components["schemas"]["NeedState"];
            subject: string;
            version: number;
            weekdays: number[];
        };
        /**
         * @description MATCHED while a pairing made for it goes on; OPEN again when that one comes to nothing.
         * @enum {string}
         */
        NeedState: "OPEN" | "MATCHED" | "WITHDRAWN";
        /**
         * @description Why there is no period on a day.
         * @enum {string}
         */
        NoSchool: "OUT_OF_TERM" | "HOLIDAY" | "WEEKEND" | "NO_BELLS";
        /**
         * @description Why a lesson does not count at a site.
         * @enum {string}
         */
        NotCounted: "OBSERVED" | "NEVER_CAME" | "TOO_LITTLE_AUDIBLE" | "AMENDED";
        /** @description 可供课程: what a school can give, and the periods a week it has teachers for. */
        OfferIn: {
            /** @description A code of the stored set of grades, counted from the first form. */
            grade_from: number;
            /** @description A code of the stored set of grades, counted from the first form. */
            grade_to: number;
            language: string;
            periods_a_week: number;
            /** Format: uuid */
            school_id: string;
            subject: string;
            /** Format: date */
            valid_from: string;
            valid_to?: string | null;
        };
        /** @description 课程: what a hub gives through a term. */
        OfferingIn: {
            /** @description A code of the stored set of grades, counted from the first form. */
            grade_no: number;
            hub_class_id?: string | null;
            hub_classroom_id?: string | null;
            /** Format: uuid */
            hub_school_id: string;
            /**
             * @description 课后服务: no required period.
             * @default false
             */
            is_after_school: boolean;
            /** @default DELIVERY */
            kind: components["schemas"]["LessonKind"];
            /** @description Null or left out: the first language that holds. */
            language?: string | null;
            /** Format: uuid */
            lecturer_id: string;
            /**
             * @description How long a lesson is.
             * @default 40
             */
            minutes: number;
            name: string;
            periods_a_week: number;
            sites?: components["schemas"]["SiteIn"][];
            subject: string;
            /** Format: uuid */
            term_id: string;
            /** @default  */
            textbook: string;
        };
        /** @description An offering. `is_own`: the caller administers its hub; `drafts`: lessons not published. */
        OfferingOut: {
            drafts: number;
            grade_no: number;
            hub_class: components["schemas"]["Named"] | null;
            hub_classroom: components["schemas"]["Named"] | null;
            hub_school: components["schemas"]["Named"];
            /** Format: uuid */
            id: string;
            is_after_school: boolean;
            is_own: boolean;
            kind: components["schemas"]["LessonKind"];
            language: string;
            lecturer: components["schemas"]["Named"];
            lessons: number;
            minutes: number;
            name: string;
            periods_a_week: number;
            sites: components["schemas"]["SiteOut"][];
            state: components["schemas"]["OfferingState"];
            subject: string;
            term: components["schemas"]["Named"];
            textbook: string;
            version: number;
        };
        /**
         * @description DRAFT until its first lessons are published.
         * @enum {string}
         */
        OfferingState: "DRAFT" | "ACTIVE" | "ENDED";
        /** @description An offer of a school. `is_own`: the caller administers that school, and may change it. */
        OfferOut: {
            grade_from: number;
            grade_to: number;
            /** Format: uuid */
            id: string;
            is_own: boolean;
            language: string;
            periods_a_week: number;
            school: components["schemas"]["Named"];
            subject: string;
            /** Format: date */
            valid_from: string;
            valid_to: string | null;
            version: number;
        };
        /** @description From which day it holds; null: today. */
        OnDay: {
            on?: string | null;
        };
        /** @description The lesson that makes this one up, or that this one makes up. */
        OtherLesson: {
            /** Format: uuid */
            id: string;
            /** Format: date-time */
            planned_start: string;
            state: components["schemas"]["LessonState"];
            title: string;
        };
        /** @description What the caller gave as a lecturer, and as an assistant. The two are never added up. */
        OwnHours: {
            assistant: components["schemas"]["RoleHours"];
            lecturer: components["schemas"]["RoleHours"];
        };
        Page_AllianceOut_: {
            items: components["schemas"]["AllianceOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_AttendanceRowOut_: {
            items: components["schemas"]["AttendanceRowOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_AuthorityOut_: {
            items: components["schemas"]["AuthorityOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_BellsOut_: {
            items: components["schemas"]["BellsOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_CalendarDayOut_: {
            items: components["schemas"]["CalendarDayOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_CertificateOut_: {
            items: components["schemas"]["CertificateOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_ClassroomLine_: {
            items: components["schemas"]["ClassroomLine"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_ClassroomOut_: {
            items: components["schemas"]["ClassroomOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_CodeMapOut_: {
            items: components["schemas"]["CodeMapOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_CodeOut_: {
            items: components["schemas"]["CodeOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_CodeSetOut_: {
            items: components["schemas"]["CodeSetOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_CorrectionOut_: {
            items: components["schemas"]["CorrectionOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_CoverageSite_: {
            items: components["schemas"]["CoverageSite"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_CurriculumItem_: {
            items: components["schemas"]["CurriculumItem"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_DefinitionVersion_: {
            items: components["schemas"]["DefinitionVersion"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_DeliveredLesson_: {
            items: components["schemas"]["DeliveredLesson"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_GivenLesson_: {
            items: components["schemas"]["GivenLesson"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_GrantChangeOut_: {
            items: components["schemas"]["GrantChangeOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_GrantOut_: {
            items: components["schemas"]["GrantOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_JobOut_: {
            items: components["schemas"]["JobOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_LessonOut_: {
            items: components["schemas"]["LessonOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_LocalTimetableOut_: {
            items: components["schemas"]["LocalTimetableOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_MemberOut_: {
            items: components["schemas"]["MemberOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_NeedOut_: {
            items: components["schemas"]["NeedOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_OfferingOut_: {
            items: components["schemas"]["OfferingOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_OfferOut_: {
            items: components["schemas"]["OfferOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_PairingOut_: {
            items: components["schemas"]["PairingOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_PersonItem_: {
            items: components["schemas"]["PersonItem"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_PlannedOfferingOut_: {
            items: components["schemas"]["PlannedOfferingOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_PlanningCard_: {
            items: components["schemas"]["PlanningCard"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_PlatformJobOut_: {
            items: components["schemas"]["PlatformJobOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_PointOut_: {
            items: components["schemas"]["PointOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_PublishedOut_: {
            items: components["schemas"]["app__recordings__schemas__PublishedOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_RegionOut_: {
            items: components["schemas"]["RegionOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_RetentionRuleOut_: {
            items: components["schemas"]["RetentionRuleOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_RosterEntryOut_: {
            items: components["schemas"]["RosterEntryOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_RosterOut_: {
            items: components["schemas"]["RosterOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_SchoolClassOut_: {
            items: components["schemas"]["SchoolClassOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_SchoolItem_: {
            items: components["schemas"]["SchoolItem"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_SchoolMinutes_: {
            items: components["schemas"]["SchoolMinutes"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_ServiceHours_: {
            items: components["schemas"]["ServiceHours"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_SessionItem_: {
            items: components["schemas"]["SessionItem"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_SheetOut_: {
            items: components["schemas"]["SheetOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_SiteGapOut_: {
            items: components["schemas"]["SiteGapOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_StaffPostOut_: {
            items: components["schemas"]["StaffPostOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_TaughtOut_: {
            items: components["schemas"]["TaughtOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_TeacherCheckOut_: {
            items: components["schemas"]["TeacherCheckOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_TermOut_: {
            items: components["schemas"]["TermOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_TrackEventOut_: {
            items: components["schemas"]["TrackEventOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        Page_ViewOfOut_: {
            items: components["schemas"]["ViewOfOut"][];
            /** @description Ask for the next page with it. */
            next_cursor: string | null;
        };
        /** @description 结对: a hub, its partners, and what is agreed. */
        PairingIn: {
            alliance_id?: string | null;
            ends_on?: string | null;
            hub: components["schemas"]["PartyIn"];
            kind: components["schemas"]["PairingKind"];
            name: string;
            partners: components["schemas"]["PartyIn"][];
            periods_a_week: number;
            /** Format: date */
            starts_on: string;
            /** @default [] */
            subjects: string[];
        };
        /**
         * @description 专递课堂结对, 1+N 互动课堂, 对口支教, 师徒结对.
         * @enum {string}
         */
        PairingKind: "DELIVERY" | "INTERACTIVE_1N" | "SCHOOL_AID" | "TEACHER_MENTOR";
        /**
         * @description A pairing with its schools. `active_days`: how many days have counted until today.
         *
         *     `possible`: the states it can enter now. `acts_for`: the schools of it the caller may act for.
         */
        PairingOut: {
            active_days: number;
            acts_for: components["schemas"]["Named"][];
            alliance: components["schemas"]["Named"] | null;
            ends_on: string | null;
            hub: components["schemas"]["PartyOut"];
            /** Format: uuid */
            id: string;
            kind: components["schemas"]["PairingKind"];
            name: string;
            partners: components["schemas"]["PartyOut"][];
            periods_a_week: number;
            possible: components["schemas"]["PairingState"][];
            /** Format: date */
            starts_on: string;
            state: components["schemas"]["PairingState"];
            subjects: string[];
            version: number;
        };
        /**
         * @description States of a pairing. ACCEPTED is 双选: every school of it has agreed. Only ACTIVE counts.
         * @enum {string}
         */
        PairingState: "DRAFT" | "PROPOSED" | "ACCEPTED" | "ACTIVE" | "SUSPENDED" | "ENDED" | "ARCHIVED";
        /**
         * @description A school of a pairing.
         *
         *     `person_id`: the mentor, or who is mentored, of 师徒结对; `class_id`: the class of a 1+N.
         */
        PartyIn: {
            class_id?: string | null;
            person_id?: string | null;
            /** Format: uuid */
            school_id: string;
        };
        /** @description A school of a pairing and when it agreed; `person`: mentor or mentee; its class in a 1+N. */
        PartyOut: {
            agreed_at: string | null;
            person: components["schemas"]["Named"] | null;
            school: components["schemas"]["Named"];
            school_class: components["schemas"]["Named"] | null;
            side: components["schemas"]["Side"];
        };
        /** @description A period people ask for: a term, or a month of it. `name`: the term's, or "2026-03". */
        PeriodChoice: {
            /** Format: date */
            first: string;
            is_term: boolean;
            /** Format: date */
            last: string;
            name: string;
            /** Format: uuid */
            term_id: string;
        };
        /** @description 节次 by the clock in the schools' zone. */
        PeriodIn: {
            /** @example 08:30 */
            ends: string;
            /** @default LESSON */
            kind: components["schemas"]["PeriodKind"];
            number: number;
            /** @example 08:30 */
            starts: string;
        };
        /**
         * @description Only a LESSON counts for 开齐 and 开足; 早读 and 课后服务 lie outside the timetable.
         * @enum {string}
         */
        PeriodKind: "LESSON" | "SELF_STUDY" | "AFTER_SCHOOL";
        /** @description A period by the clock in the schools' zone. */
        PeriodOut: {
            ends: string;
            kind: components["schemas"]["PeriodKind"];
            number: number;
            starts: string;
        };
        /** @description A person who may be given a role. `account` null: she cannot sign in. */
        PersonItem: {
            account: components["schemas"]["AccountState"] | null;
            /** Format: uuid */
            id: string;
            name: string;
            school: string | null;
        };
        /** @description The person signed in. `is_operator`: she administers all there is. */
        PersonOut: {
            csrf_token: string;
            home: string;
            /** Format: uuid */
            id: string;
            is_operator: boolean;
            name: string;
            roles: components["schemas"]["RoleOut"][];
            school: string | null;
        };
        /** @description One way to hold the offerings. `is_best`: it is proved that none costs less. */
        Plan: {
            costs: components["schemas"]["SchoolCost"][];
            is_best: boolean;
            lacking: components["schemas"]["Lacking"][];
            slots: components["schemas"]["PlannedSlot"][];
            total: number;
        };
        /** @description Which plan to take, counted from 0. `publish`: teachers and classrooms see it at once. */
        PlanAcceptIn: {
            plan: number;
            /** @default false */
            publish: boolean;
        };
        /** @description An offering that is planned. */
        PlannedOfferingOut: {
            hub: components["schemas"]["Named"];
            /** Format: uuid */
            id: string;
            lecturer: components["schemas"]["Named"];
            name: string;
            periods_a_week: number;
            sites: components["schemas"]["PlannedSiteOut"][];
        };
        /** @description A classroom that receives an offering. */
        PlannedSiteOut: {
            classroom: components["schemas"]["Named"];
            school: components["schemas"]["Named"];
        };
        /** @description A weekly slot of an offering: the hub's weekday and period. */
        PlannedSlot: {
            offering_id: string;
            period: number;
            timings: components["schemas"]["Timing"][];
            weekday: number;
        };
        /** @description A planning in a list. */
        PlanningCard: {
            accepted_at: string | null;
            /** Format: date-time */
            asked_at: string;
            asked_by: string;
            hubs: components["schemas"]["Named"][];
            /** Format: uuid */
            id: string;
            offerings: number;
            state: components["schemas"]["PlanningState"];
            term: components["schemas"]["Named"];
        };
        /** @description What to plan: offerings of one term, of one hub or of several. */
        PlanningIn: {
            kept_free?: components["schemas"]["KeptFree"][];
            /**
             * @description No lesson is shorter.
             * @default 35
             */
            least_minutes: number;
            offering_ids: string[];
            /** Format: uuid */
            term_id: string;
        };
        /** @description A planning, whole. `job_id`: to be watched by whoever asked; `answer` null: not yet. */
        PlanningOut: {
            accepted: components["schemas"]["AcceptedOut"] | null;
            accepted_at: string | null;
            answer: components["schemas"]["Answer"] | null;
            /** Format: date-time */
            asked_at: string;
            asked_by: string;
            /** Format: date */
            first_day: string;
            /** Format: uuid */
            id: string;
            job_id: string | null;
            kept_free: components["schemas"]["KeptFree"][];
            /** Format: date */
            last_day: string;
            least_minutes: number;
            offerings: components["schemas"]["PlannedOfferingOut"][];
            state: components["schemas"]["PlanningState"];
            term: components["schemas"]["Named"];
            version: number;
        };
        /**
         * @description PLANNING until there is an answer; ACCEPTED when lessons were written from one of its plans.
         *
         *     A planning whose job came to nothing stays PLANNING: the job says why, and can be retried.
         * @enum {string}
         */
        PlanningState: "PLANNING" | "ANSWERED" | "ACCEPTED";
        /**
         * @description A job of the platform's own. `error`: what its last attempt broke with.
         *
         *     `session_id`, `title`: of the lesson whose recording it is about; null: of no single one.
         */
        PlatformJobOut: {
            attempts: number;
            can_cancel: boolean;
            can_retry: boolean;
            /** Format: date-time */
            created_at: string;
            error: string | null;
            file: components["schemas"]["JobFileOut"] | null;
            finished_at: string | null;
            /** Format: uuid */
            id: string;
            /** @example schools.import */
            kind: string;
            problem: components["schemas"]["JobProblem"] | null;
            progress: components["schemas"]["ProgressOut"];
            queue: components["schemas"]["Queue"];
            result: {
                [key: string]: unknown;
            } | null;
            session_id: string | null;
            started_at: string | null;
            state: components["schemas"]["JobState"];
            title: string | null;
        };
        /**
         * @description How the device of a teaching point's classroom stands.
         * @enum {string}
         */
        PointLight: "ready" | "offline" | "never";
        /** @description A teaching point's classroom. Null: never heard of; no lesson counted there yet. */
        PointOut: {
            classroom: string;
            /** Format: uuid */
            classroom_id: string;
            last_lesson_at: string | null;
            last_seen_at: string | null;
            light: components["schemas"]["PointLight"];
            region: string;
            school: string;
            /** Format: uuid */
            school_id: string;
        };
        /** @description A stretch of the lesson, and what it was at the site. */
        PortionOut: {
            from_ms: number;
            is_visible: boolean;
            minute: components["schemas"]["Minute"];
            to_ms: number;
        };
        /**
         * @description What somebody does at a school.
         * @enum {string}
         */
        PostKind: "TEACHER" | "ASSISTANT" | "PRINCIPAL" | "OTHER";
        /**
         * Problem
         * @description A refusal (RFC 9457). `type` is a stable name; `detail` says what to do.
         */
        Problem: {
            detail: string;
            status: number;
            title: string;
            /** @example not-found */
            type: string;
        } & {
            [key: string]: unknown;
        };
        /** @description How far a job is. `total` null: nobody knows how much it will be. */
        ProgressOut: {
            done: number;
            note: string;
            total: number | null;
        };
        /** @description A micro-lesson of a lesson that one may look back at. */
        PublishedPieceOut: {
            duration_ms: number;
            /** Format: uuid */
            id: string;
            title: string;
        };
        /** @description What a recording is kept for. */
        PurposeIn: {
            purpose: components["schemas"]["RecordingPurpose"];
        };
        /**
         * @description A purpose, when the recording expires if it is for that, and by which rule.
         *
         *     `kept_until` null: not by itself.
         */
        PurposeOut: {
            kept_until: string | null;
            purpose: components["schemas"]["RecordingPurpose"];
            rule: components["schemas"]["RetentionRuleNamed"];
        };
        /**
         * @description LIGHT: seconds of mostly waiting. HEAVY: minutes, or much of the processor.
         *
         *     REPLAYS: what was recorded made playable: seconds of copying, which somebody waits for.
         *     KEEPING: the files of recordings sent, proved, compared and removed: hours of waiting for a
         *     store on a narrow line.
         * @enum {string}
         */
        Queue: "LIGHT" | "REPLAYS" | "KEEPING" | "HEAVY";
        /**
         * @description What speaks for a hub, or against it.
         * @enum {string}
         */
        ReasonKind: "SUBJECT" | "LANGUAGE" | "BELLS" | "DISTANCE" | "LOAD";
        /** @description One reason: `points` of `most`; `says` names its sentence, `values` are its figures. */
        ReasonOut: {
            kind: components["schemas"]["ReasonKind"];
            most: number;
            points: number;
            says: string;
            values: {
                [key: string]: components["schemas"]["JsonValue"];
            };
        };
        /**
         * @description What making a replay again waits for.
         *
         *     LESSONS: what is left of the disk is for the lessons of today. ROOM: somebody has to make some.
         *     PLACE: its replay lies in the second place, which is not there, or full.
         * @enum {string}
         */
        RebuildWait: "LESSONS" | "ROOM" | "PLACE";
        /** @description What making a replay again waits for; if for lessons, `until` when they are over. */
        RebuildWaitsOut: {
            until: string | null;
            waits_for: components["schemas"]["RebuildWait"];
        };
        /**
         * @description How a recording stands.
         *
         *     `missing`: what of it cannot be read; `rebuild`: how it stands with making it again for that,
         *     null: it was never asked for. `rebuild_waits`: it waits for more than its turn; it is looked
         *     for every ten minutes. `refusing`: it is published, and these schools took their
         *     consent back: only who gave the lesson is shown it.
         */
        RecordingOut: {
            bytes: number;
            duration_ms: number;
            /** Format: uuid */
            id: string;
            missing: components["schemas"]["MissingOut"][];
            problem: string | null;
            rebuild: components["schemas"]["JobState"] | null;
            rebuild_waits: components["schemas"]["RebuildWaitsOut"] | null;
            refusing: string[];
            state: components["schemas"]["RecordingState"];
        };
        /**
         * @description What a recording is kept for, and so for how long (`app.recordings.retention_rules`).
         *
         *     LESSON: to look back at. RESEARCH: of a lesson that teachers study (教研). RESOURCE: to teach
         *     with again.
         * @enum {string}
         */
        RecordingPurpose: "LESSON" | "RESEARCH" | "RESOURCE";
        /**
         * @description States of a recording; a crash re-enters at RECORDING or FINALISING from the files.
         *
         *     BROKEN: its replay could not be made, and is tried again. REPAIRED: it was made after all, and
         *     is as good as one that is READY.
         * @enum {string}
         */
        RecordingState: "ARMED" | "RECORDING" | "GAP" | "FINALISING" | "SEALED" | "PROCESSING" | "READY" | "PUBLISHED" | "BROKEN" | "REPAIRED" | "WITHDRAWN" | "EXPIRED" | "PURGED";
        /** @description What a link gave: a home page to go to, or the name a password is to be set for. */
        RedeemedOut: {
            home?: string | null;
            purpose: components["schemas"]["LinkPurpose"];
            username?: string | null;
        };
        /** @description The token behind `/enter#`. */
        RedeemLink: {
            token: string;
        };
        /** @description A region as it should have been entered. Its code changes while nothing refers to it. */
        RegionEdit: {
            /** @example 511902 */
            code: string;
            name: string;
        };
        /** @description A region to add below another. */
        RegionIn: {
            /** @example 511902 */
            code: string;
            name: string;
            /** Format: uuid */
            parent_id: string;
        };
        /** @description A label and its days, both included; null: no limit. */
        RegionLabelIn: {
            /** Format: uuid */
            code_id: string;
            valid_from?: string | null;
            valid_to?: string | null;
        };
        /** @description What a region counted as. `code_id`: of kind REGION_LABEL. */
        RegionLabelOut: {
            /** Format: uuid */
            code_id: string;
            /** Format: uuid */
            id: string;
            valid_from: string | null;
            valid_to: string | null;
            version: number;
        };
        /** @description A region. `schools`: how many lie in it and below. `is_own`: the caller administers it. */
        RegionOut: {
            code: string;
            /** Format: uuid */
            id: string;
            is_own: boolean;
            labels: components["schemas"]["RegionLabelOut"][];
            name: string;
            parent_id: string | null;
            path: string;
            points: number;
            schools: number;
            version: number;
        };
        /**
         * @description A lesson to watch again. `attended`: how many classrooms came.
         *
         *     `chapters`: in the order they begin in; they may lie over each other.
         */
        ReplayOut: {
            attended: number;
            captions: components["schemas"]["CaptionsTrackOut"][];
            chapters: components["schemas"]["ChapterOut"][];
            clips: components["schemas"]["ClipOut"][];
            duration_ms: number;
            missing: components["schemas"]["MissingOut"][];
            pauses: components["schemas"]["SpanOut"][];
            /** Format: uuid */
            session_id: string;
            stage: components["schemas"]["StageOut"][];
            state: components["schemas"]["RecordingState"];
            title: string;
        };
        /**
         * @description The kinds of file a report is made as.
         * @enum {string}
         */
        ReportFormat: "pdf" | "xlsx" | "csv";
        /** @description Which report to make. */
        ReportIn: {
            /** @default COUNTED */
            basis: components["schemas"]["Basis"];
            /** Format: date */
            first: string;
            /** @default pdf */
            format: components["schemas"]["ReportFormat"];
            /** Format: date */
            last: string;
            /** Format: uuid */
            roster_id: string;
        };
        /**
         * @description What a rule would do if it held from `valid_from`: the day asked for, or the first possible.
         *
         *     One by which anything would go sooner gives `notice_days` of notice. `instead_of`: what holds
         *     then without it. Of the `recordings` of its purpose that are hidden from nobody so many expire
         *     `sooner` (of these `at_once` when it begins, and `held` by somebody, who keeps them) or `later`.
         */
        RetentionEffectOut: {
            at_once: number;
            held: number;
            instead_of: components["schemas"]["RetentionRuleNamed"];
            later: number;
            notice_days: number;
            recordings: number;
            sooner: number;
            /** Format: date */
            valid_from: string;
        };
        /**
         * @description 保留规则: how long recordings of a purpose are kept, from a day to come.
         *
         *     `keep_days`: counted from the lesson, null: until it is withdrawn. `grace_days`: from being
         *     shown to nobody to being removed.
         */
        RetentionRuleIn: {
            grace_days: number;
            keep_days: number | null;
            /** @description Why, and by whom. */
            note: string;
            purpose: components["schemas"]["RecordingPurpose"];
            /** Format: date */
            valid_from: string;
        };
        /**
         * @description By which rule (`app.recordings.retention_rules`).
         *
         *     `keep_days`: counted from the lesson, null: until it is withdrawn. `grace_days`: from being
         *     shown to nobody to being removed.
         */
        RetentionRuleNamed: {
            grace_days: number;
            keep_days: number | null;
            number: number;
            /** Format: date */
            valid_from: string;
        };
        /**
         * @description A rule. `replaced_from`: the day from which another is in its place; null: none is.
         *
         *     `made_by` null: it came with the software.
         */
        RetentionRuleOut: {
            grace_days: number;
            keep_days: number | null;
            made_at: string | null;
            made_by: string | null;
            note: string;
            number: number;
            purpose: components["schemas"]["RecordingPurpose"];
            replaced_from: string | null;
            standing: components["schemas"]["RuleStanding"];
            /** Format: date */
            valid_from: string;
        };
        /**
         * @description The way media takes: straight over UDP or TCP, or through the relay; or none is open.
         * @enum {string}
         */
        Road: "udp" | "tcp" | "turn" | "none";
        /** @description What a device check tries: the media port, over UDP and TCP, and the relay. */
        RoadsOut: {
            hosts: string[];
            ice_servers: components["schemas"]["IceServerOut"][];
            port: number;
        };
        /**
         * @description What a person may be, within a scope.
         * @enum {string}
         */
        Role: "TEACHER" | "SUPERVISOR" | "ADMINISTRATOR";
        /**
         * @description What the caller gave in a role, of lessons that counted.
         *
         *     `waiting`: lessons that count somewhere and are not locked yet.
         */
        RoleHours: {
            earned_ms: number;
            lessons: number;
            sites: number;
            waiting: number;
        };
        /** @description A role and the name of the region or school it holds in. */
        RoleOut: {
            role: components["schemas"]["Role"];
            scope_name: string;
        };
        /** @description What the classroom's page measured; see `RoomTest`. */
        RoomTestIn: {
            clipped_percent: number;
            echo_db: number | null;
            echo_delay_ms: number | null;
            heard_db: number;
            noise_db: number;
            voice_db: number;
        };
        /** @description A test with its date. */
        RoomTestOut: {
            clipped_percent: number;
            echo_db: number | null;
            echo_delay_ms: number | null;
            heard_db: number;
            noise_db: number;
            /** Format: date-time */
            taken_at: string;
            voice_db: number;
        };
        /** @description A roster with its signature, checked on every look. Hex: digest, signature, public key. */
        RosterDetail: {
            digest: string;
            /** Format: uuid */
            id: string;
            is_intact: boolean;
            key_id: string;
            /** Format: date-time */
            made_at: string;
            made_by_name: string;
            name: string;
            public_key: string;
            region: components["schemas"]["Named"];
            signature: string;
            size: number;
            /** Format: date */
            taken_on: string;
        };
        /** @description A teaching point as it stood on the list. */
        RosterEntryOut: {
            local_code: string;
            moe_code: string;
            name: string;
            parent_name: string;
            position: number;
            region_code: string;
            region_name: string;
            /** Format: uuid */
            school_id: string;
        };
        /** @description Whose points to freeze, and as of which day. */
        RosterIn: {
            name: string;
            /** Format: uuid */
            region_id: string;
            /** Format: date */
            taken_on: string;
        };
        /** @description A roster in a list. */
        RosterOut: {
            /** Format: uuid */
            id: string;
            /** Format: date-time */
            made_at: string;
            made_by_name: string;
            name: string;
            region: components["schemas"]["Named"];
            size: number;
            /** Format: date */
            taken_on: string;
        };
        /**
         * @description Whether a rule holds on a day.
         * @enum {string}
         */
        RuleStanding: "TO_COME" | "HOLDS" | "REPLACED";
        /** @description One thing that happened to a school. */
        SchoolChangeOut: {
            after: string;
            before: string;
            /** Format: date */
            happened_on: string;
            kind: components["schemas"]["ChangeKind"];
            /** Format: date-time */
            noted_at: string;
        };
        /** @description What changes of a class; what is left out stays. */
        SchoolClassEdit: {
            closed_on?: string | null;
            grade_no?: number | null;
            language_of_instruction?: string | null;
            name?: string | null;
            pupil_count?: number | null;
        };
        /** @description A class to add. `grade_no`: a code of the stored set of grades; 0: before school. */
        SchoolClassIn: {
            entry_year: number;
            /** @description A code of the stored set of grades; 0: before school. */
            grade_no: number;
            /** @description Null or left out: the first language that holds. */
            language_of_instruction?: string | null;
            name: string;
            pupil_count: number;
            /** Format: uuid */
            school_id: string;
            stage: string;
        };
        /** @description A class of pupils. */
        SchoolClassOut: {
            closed_on: string | null;
            entry_year: number;
            grade_no: number;
            /** Format: uuid */
            id: string;
            language_of_instruction: string;
            name: string;
            pupil_count: number;
            school: components["schemas"]["Named"];
            stage: string;
            version: number;
        };
        /** @description A code the school has or had. */
        SchoolCodeOut: {
            given_on: string | null;
            moe_code: string;
            void_reason: components["schemas"]["VoidReason"] | null;
            voided_on: string | null;
        };
        /** @description What a plan asks of a school; `total` in minutes, as `Cost.total` weighs them. */
        SchoolCost: {
            away_minutes: number;
            crowded: number;
            cut_minutes: number;
            missed: number;
            moved_breaks: number;
            name: string;
            off_days: number;
            school_id: string;
            total: number;
        };
        /** @description A school's day: the weekday whose timetable it runs, or why there is no school. */
        SchoolDayOut: {
            /** Format: date */
            day: string;
            name: string;
            periods: components["schemas"]["TimedPeriodOut"][];
            runs: number | null;
            why_not: components["schemas"]["NoSchool"] | null;
        };
        /** @description The days of a school, in order. */
        SchoolDays: {
            items: components["schemas"]["SchoolDayOut"][];
        };
        /** @description A school's page. */
        SchoolDetail: {
            altitude_m: number | null;
            authority: components["schemas"]["Named"] | null;
            category: string;
            changes: components["schemas"]["SchoolChangeOut"][];
            classes: number;
            classrooms: number;
            closed_on: string | null;
            codes: components["schemas"]["SchoolCodeOut"][];
            /** Format: uuid */
            id: string;
            latitude: number | null;
            local_code: string | null;
            local_suffix: string | null;
            longitude: number | null;
            may_publish_pupils: boolean;
            may_record_pupils: boolean;
            moe_code: string | null;
            name: string;
            opened_on: string | null;
            parent: components["schemas"]["Named"] | null;
            pupils: number;
            region: components["schemas"]["Named"];
            road_note: string;
            urban_rural: string | null;
            version: number;
        };
        /**
         * @description What changes of a school; what is left out stays.
         *
         *     Category, opening and closing have requests of their own: they have a day and void codes.
         */
        SchoolEdit: {
            altitude_m?: number | null;
            authority_id?: string | null;
            latitude?: number | null;
            local_suffix?: string | null;
            longitude?: number | null;
            may_publish_pupils?: boolean | null;
            may_record_pupils?: boolean | null;
            moe_code?: string | null;
            name?: string | null;
            parent_id?: string | null;
            region_id?: string | null;
            road_note?: string | null;
            urban_rural?: string | null;
        };
        /** @description All cells of a school: grades and subjects. None: no timetable was handed in. */
        SchoolGaps: {
            basis: components["schemas"]["Basis"];
            cells: components["schemas"]["GapOut"][];
            gap: number;
            offered: number;
            period: components["schemas"]["CoveragePeriod"];
            required: number;
            school: components["schemas"]["Named"];
            subjects: number;
            taught: number;
        };
        /** @description A school to register. A teaching point names its parent. */
        SchoolIn: {
            altitude_m?: number | null;
            authority_id?: string | null;
            category: string;
            latitude?: number | null;
            local_suffix?: string | null;
            longitude?: number | null;
            /** @default false */
            may_publish_pupils: boolean;
            /** @default true */
            may_record_pupils: boolean;
            moe_code?: string | null;
            name: string;
            opened_on?: string | null;
            parent_id?: string | null;
            /** Format: uuid */
            region_id: string;
            /** @default  */
            road_note: string;
            urban_rural?: string | null;
        };
        /** @description A school in a list. `local_code`: of a point without a code of its own, by its parent's. */
        SchoolItem: {
            category: string;
            classes: number;
            classrooms: number;
            closed_on: string | null;
            /** Format: uuid */
            id: string;
            local_code: string | null;
            moe_code: string | null;
            name: string;
            opened_on: string | null;
            parent: components["schemas"]["Named"] | null;
            pupils: number;
            region: components["schemas"]["Named"];
            urban_rural: string | null;
        };
        /** @description What was heard at a school that received. */
        SchoolMinutes: {
            audible_ms: number;
            degraded_ms: number;
            lost_ms: number;
            offline_ms: number;
            rows: number;
            school: components["schemas"]["Named"];
            unmeasured: number;
        };
        /** @description What a seat's line was in this lesson, beside what it is declared to carry today. */
        SeatLineOut: {
            budget_down_kbps: number | null;
            budget_up_kbps: number | null;
            measured: components["schemas"]["LineFigures"];
            seat_id: string;
        };
        /** @description A seat of the lesson. */
        SeatOut: {
            name: string;
            role: components["schemas"]["SeatRole"];
            school: string;
            seat_id: string;
        };
        /**
         * @description What a seat is; the same words as `signaling.messages.Role`.
         * @enum {string}
         */
        SeatRole: "lecturer" | "classroom" | "supervisor";
        /**
         * @description What a teacher gave of lessons that counted, by locked rows.
         *
         *     `school`: of a lecturer, the hub she gave them at; of an assistant, the school she stood at.
         */
        ServiceHours: {
            lessons: number;
            name: string;
            /** Format: uuid */
            person_id: string;
            planned_ms: number;
            role: components["schemas"]["ServiceRole"];
            school: string;
            /** Format: uuid */
            school_id: string;
            sites: number;
        };
        /**
         * @description As what somebody served in a lesson.
         * @enum {string}
         */
        ServiceRole: "LECTURER" | "ASSISTANT";
        /** @description Everything on a session's page. */
        SessionDetail: {
            attendance: components["schemas"]["AttendanceOut"][];
            chain: components["schemas"]["ChainOut"];
            duration_ms: number;
            incidents: components["schemas"]["IncidentOut"][];
            lesson: components["schemas"]["LessonCard"];
            lines: components["schemas"]["SeatLineOut"][];
            live: components["schemas"]["LiveOut"] | null;
            pauses: components["schemas"]["SpanOut"][];
            planned_ms: number;
            recording: components["schemas"]["RecordingOut"] | null;
            seats: components["schemas"]["SeatOut"][];
            session: components["schemas"]["SessionHead"];
            stage: components["schemas"]["StageOut"][];
        };
        /** @description A session as its own page shows it. `epoch`: how often its room was opened. */
        SessionHead: {
            end_reason: string | null;
            ended_at: string | null;
            epoch: number;
            grade: string;
            headcount_total: number | null;
            hub_school: string;
            /** Format: uuid */
            id: string;
            interruptions: number;
            is_live: boolean;
            kind: components["schemas"]["LessonKind"];
            lecturer: string;
            /** Format: uuid */
            lesson_id: string;
            lesson_state: components["schemas"]["LessonState"];
            /** Format: date-time */
            planned_end: string;
            /** Format: date-time */
            planned_start: string;
            recording_state: components["schemas"]["RecordingState"] | null;
            sites_attended: number;
            sites_total: number;
            /** Format: date-time */
            started_at: string;
            subject: string;
            title: string;
        };
        /** @description A session as the list shows it. */
        SessionItem: {
            end_reason: string | null;
            ended_at: string | null;
            grade: string;
            headcount_total: number | null;
            hub_school: string;
            /** Format: uuid */
            id: string;
            is_live: boolean;
            kind: components["schemas"]["LessonKind"];
            lecturer: string;
            /** Format: uuid */
            lesson_id: string;
            lesson_state: components["schemas"]["LessonState"];
            /** Format: date-time */
            planned_end: string;
            /** Format: date-time */
            planned_start: string;
            recording_state: components["schemas"]["RecordingState"] | null;
            sites_attended: number;
            sites_total: number;
            /** Format: date-time */
            started_at: string;
            subject: string;
            title: string;
        };
        /** @description The token and the password chosen. */
        SetPassword: {
            password: string;
            token: string;
        };
        /** @description Where two schools are both in a lesson period; the numbers are those of each school. */
        SharedWindowOut: {
            ends: string;
            minutes: number;
            one_number: number;
            other_number: number;
            starts: string;
        };
        /** @description The windows two schools share on a day. `one`, `other`: the names of the bells in force. */
        SharedWindows: {
            items: components["schemas"]["SharedWindowOut"][];
            one: string | null;
            other: string | null;
        };
        /**
         * @description A sheet with its figures, the rules they were counted by, and who signed.
         *
         *     `changed`: what it was computed with that is another today; null: that was not kept.
         *     `in_force_id`: another sheet of the same roster and days that is signed and not amended. One
         *     that does not amend it cannot be signed.
         */
        SheetDetail: {
            amends_id: string | null;
            basis: components["schemas"]["Basis"];
            changed: components["schemas"]["Input"][] | null;
            /** Format: date-time */
            computed_at: string;
            definitions: components["schemas"]["DefinitionOut"][];
            figures: components["schemas"]["SheetFigure"][];
            /** Format: date */
            first: string;
            /** Format: uuid */
            id: string;
            in_force_id: string | null;
            keeps_inputs: boolean;
            /** Format: date */
            last: string;
            open_rows: number;
            reason: string;
            region: components["schemas"]["Named"];
            roster: components["schemas"]["Named"];
            rows: number;
            rows_hash: string;
            state: components["schemas"]["SheetState"];
            steps: components["schemas"]["StepOut"][];
            /** Format: date */
            taken_on: string;
            version: number;
            weeks: number;
        };
        /** @description A frozen figure; `before`: what the sheet it amends had signed off for it. */
        SheetFigure: {
            before: components["schemas"]["FigureOut"] | null;
            definition_number: number;
            denominator: number;
            indicator: components["schemas"]["Indicator"];
            numerator: number;
            permille: number | null;
            region_code: string;
            region_name: string;
        };
        /** @description Which figures to freeze. `amends_id`: the signed sheet to amend, and `reason` why. */
        SheetIn: {
            amends_id?: string | null;
            /** Format: date */
            first: string;
            /** Format: date */
            last: string;
            /** @default  */
            reason: string;
            /** Format: uuid */
            roster_id: string;
        };
        /** @description A word of whoever signs. */
        SheetNote: {
            /** @default  */
            note: string;
        };
        /**
         * @description A sheet in a list. `open_rows`: rows that were not locked when it was computed.
         *
         *     `keeps_inputs`: false of one from before sheets did, which is neither checked nor signed.
         */
        SheetOut: {
            amends_id: string | null;
            basis: components["schemas"]["Basis"];
            /** Format: date-time */
            computed_at: string;
            /** Format: date */
            first: string;
            /** Format: uuid */
            id: string;
            keeps_inputs: boolean;
            /** Format: date */
            last: string;
            open_rows: number;
            reason: string;
            region: components["schemas"]["Named"];
            roster: components["schemas"]["Named"];
            rows: number;
            rows_hash: string;
            state: components["schemas"]["SheetState"];
            /** Format: date */
            taken_on: string;
            version: number;
            weeks: number;
        };
        /**
         * @description States of a sheet of figures.
         * @enum {string}
         */
        SheetState: "COMPUTED" | "CHECKED" | "SIGNED_OFF" | "AMENDED";
        /**
         * @description A seat's camera with its sound, or a screen.
         *
         *     `zero_ms`: where on the lesson clock time 0 of its parts lies. `hls`: for players that know
         *     only that.
         */
        ShiftLaneOut: {
            from_ms: number;
            group: string;
            hls: string | null;
            name: string;
            seat_id: string;
            tracks: components["schemas"]["ShiftTrackOut"][];
            until_ms: number;
            zero_ms: number;
        };
        /**
         * @description A picture or a sound to play back from its parts: `url` is its playlist (HLS).
         *
         *     `mimes`: what its parts are, the newest first; who left and came back may send another codec.
         */
        ShiftTrackOut: {
            is_video: boolean;
            mimes: string[];
            url: string;
        };
        /**
         * @description Which end of a pairing a school is.
         * @enum {string}
         */
        Side: "HUB" | "PARTNER";
        /**
         * @description A roster to be kept elsewhere.
         *
         *     `signature`: Ed25519 (RFC 8032) by `public_key` over the UTF-8 bytes of `content`, whose
         *     SHA-256 is `digest`; all of them in hex.
         */
        SignedRoster: {
            content: string;
            digest: string;
            key_id: string;
            public_key: string;
            signature: string;
        };
        /** @description Name and password. */
        SignIn: {
            password: string;
            username: string;
        };
        /**
         * @description An invited classroom. `light` tells of its device: heard of just now, or when last.
         *
         *     `lacks`: what it lacks shortly before the lesson, if it is to listen live.
         */
        SiteCard: {
            classroom: string;
            /** Format: uuid */
            id: string;
            lacks: components["schemas"]["Lack"][];
            last_seen_at: string | null;
            /** @enum {string} */
            light: "ready" | "offline" | "never";
            school: string;
            state: components["schemas"]["SiteState"];
        };
        /** @description A gap in a list of many sites. */
        SiteGapOut: {
            county: string;
            delivered: number;
            gap: number;
            grade_no: number;
            local: number;
            position: number;
            required: number;
            school: components["schemas"]["Named"];
            standing: components["schemas"]["Standing"];
            subject: components["schemas"]["SubjectOut"];
        };
        /**
         * @description A classroom that receives, whose pupils sit there, who helps, how, and for which pairing.
         *
         *     `through_id`: another of the classrooms, which passes it on to this one; null: the hub's.
         */
        SiteIn: {
            assistant_id?: string | null;
            class_id?: string | null;
            /** Format: uuid */
            classroom_id: string;
            /** @default LIVE */
            mode: components["schemas"]["SiteMode"];
            pairing_id?: string | null;
            through_id?: string | null;
        };
        /**
         * @description 直播, 录播, 植入, 观摩: how a site takes part. Whoever only observes counts for nothing.
         *
         *     The others count alike, by what their seat received while it was given (docs/adr/0013).
         *     RECORDED and EMBEDDED are of sites that were planned so before: no screen of a classroom plays
         *     a recording, so they are planned no more (`SERVED`).
         * @enum {string}
         */
        SiteMode: "LIVE" | "RECORDED" | "EMBEDDED" | "OBSERVE";
        /**
         * @description A classroom that receives. `assistant` only where the caller's scope reaches.
         *
         *     `through_id`: the classroom of these that passes it on to this one; null: the hub's.
         */
        SiteOut: {
            assistant: components["schemas"]["Named"] | null;
            classroom: components["schemas"]["Named"];
            mode: components["schemas"]["SiteMode"];
            pairing_id: string | null;
            school: components["schemas"]["Named"];
            school_class: components["schemas"]["Named"] | null;
            through_id: string | null;
        };
        /**
         * @description What became of a listening site in one lesson (docs/adr/0024).
         *
         *     CONNECTED: it came. COUNTED, NOT_COUNTED: the lesson is over, and this is what holds of its
         *     row, as corrected. How a site fares meanwhile is measured second by second and told by the
         *     room; nothing of that is a state.
         * @enum {string}
         */
        SiteState: "EXPECTED" | "CONNECTED" | "COUNTED" | "NOT_COUNTED";
        /**
         * @description Where a track comes from. A peer has at most one track of each source.
         * @enum {string}
         */
        Source: "camera" | "microphone" | "screen" | "second_camera";
        /** @description From when until when. */
        SpanOut: {
            from_ms: number;
            to_ms: number;
        };
        /** @description Of one figure of each lesson: what a tenth, half and nine tenths of them had at most. */
        SpreadOut: {
            p10: number;
            p50: number;
            p90: number;
        };
        /** @description What changes of a post; what is left out stays. Only the days may become null: not known. */
        StaffPostEdit: {
            from_on?: string | null;
            kind?: components["schemas"]["PostKind"] | null;
            name?: string | null;
            staff_no?: string | null;
            subjects?: string[] | null;
            until_on?: string | null;
        };
        /** @description Somebody new at a school. `subjects`: ids of codes; the post ends before `until_on`. */
        StaffPostIn: {
            from_on?: string | null;
            kind: components["schemas"]["PostKind"];
            name: string;
            /** Format: uuid */
            school_id: string;
            staff_no: string;
            /** @default [] */
            subjects: string[];
            until_on?: string | null;
        };
        /** @description A post. `subjects`: the ids of codes of kind SUBJECT; until the day before `until_on`. */
        StaffPostOut: {
            from_on: string | null;
            /** Format: uuid */
            id: string;
            kind: components["schemas"]["PostKind"];
            person: components["schemas"]["Named"];
            school: components["schemas"]["Named"];
            staff_no: string;
            subjects: string[];
            until_on: string | null;
            version: number;
        };
        /** @description Who was on stage, from when until when. */
        StageOut: {
            from_ms: number;
            name: string;
            seat_id: string;
            to_ms: number;
        };
        /**
         * @description How a subject stands in a grade: 未开, 未开齐, 未开足, 开足.
         * @enum {string}
         */
        Standing: "NOT_OFFERED" | "TOO_FEW" | "OFFERED" | "FULL";
        /** @description A lesson that is live now. */
        StartedOut: {
            lesson: components["schemas"]["LessonCard"];
            /** Format: uuid */
            session_id: string;
        };
        /** @description Who brought a sheet to a state, and when. `person_id`: whether two steps are one person's. */
        StepOut: {
            /** Format: date-time */
            at: string;
            note: string;
            person_id: string | null;
            person_name: string;
            state: components["schemas"]["SheetState"];
        };
        /** @description A subject by the words of the set that is shown. */
        SubjectOut: {
            /** Format: uuid */
            id: string;
            label_en: string;
            label_zh: string;
        };
        /** @description Who gives the lesson instead, and why. */
        SubstituteIn: {
            /** Format: uuid */
            person_id: string;
            reason: string;
        };
        /** @description Who gives the lesson instead of whom. */
        SubstitutionOut: {
            /** Format: date-time */
            at: string;
            from_name: string;
            reason: string;
            to_name: string;
        };
        /**
         * @description 授课: a lesson that reached one of the partners. `origin_id`: the lesson it passes on.
         *
         *     `passed_on_by`: the school that passed it on to the partner; null: it had it from the hub.
         */
        TaughtOut: {
            connected_minutes: number;
            /** Format: date */
            day: string;
            hub: components["schemas"]["Named"];
            /** Format: uuid */
            lesson_id: string;
            /** Format: uuid */
            origin_id: string;
            passed_on_by: components["schemas"]["Named"] | null;
            /** Format: uuid */
            session_id: string;
            site: components["schemas"]["Named"];
            subject: string;
            title: string;
        };
        /** @description What a teacher's computer last found of its line. `school` is a name. */
        TeacherCheckOut: {
            checked: components["schemas"]["LineCheckOut"];
            name: string;
            school: string;
        };
        /** @description A teacher's lessons on one day of the schools' zone. */
        TeacherDay: {
            /** Format: date */
            date: string;
            lessons: components["schemas"]["LessonCard"][];
            /** Format: date-time */
            now: string;
        };
        /**
         * @description How a term's rows stand at the sites in scope, and who locked it when.
         *
         *     `rows` by state. `waiting`: closed, and a classroom that came has not confirmed; `objections`
         *     are those of them that a classroom objects to.
         */
        TermAttendance: {
            /** Format: date */
            ends_on: string;
            is_over: boolean;
            locks: components["schemas"]["LockOut"][];
            objections: number;
            region: string;
            rows: {
                [key: string]: number;
            };
            /** Format: date */
            starts_on: string;
            term: string;
            /** Format: uuid */
            term_id: string;
            waiting: number;
        };
        /** @description 学期 of a region; the last day belongs to it. */
        TermIn: {
            /** Format: date */
            ends_on: string;
            name: string;
            /** Format: uuid */
            region_id: string;
            /** Format: date */
            starts_on: string;
        };
        /** @description A term. `is_own`: the caller administers its region, and may change it. */
        TermOut: {
            /** Format: date */
            ends_on: string;
            /** Format: uuid */
            id: string;
            is_own: boolean;
            name: string;
            region: string;
            /** Format: uuid */
            region_id: string;
            /** Format: date */
            starts_on: string;
            version: number;
            weeks: number;
        };
        /** @description What an alliance means to do in a term. */
        TermPlanIn: {
            lessons: number;
            preparations: number;
            resources: number;
            /** @default  */
            text: string;
            trainings: number;
        };
        /** @description A term plan and what has come of it so far. */
        TermPlanOut: {
            counts: components["schemas"]["TrackCounts"];
            /** Format: date */
            ends_on: string;
            /** Format: uuid */
            id: string;
            /** Format: date */
            starts_on: string;
            targets: components["schemas"]["TrackTargets"];
            term: components["schemas"]["Named"];
            text: string;
            version: number;
        };
        /** @description The plans of an alliance, the newest term first. */
        TermPlans: {
            items: components["schemas"]["TermPlanOut"][];
        };
        /** @description As what the caller wants to enter, and the ticket it has drawn (256 random bits), if any. */
        TicketIn: {
            as: components["schemas"]["SeatRole"];
            ticket?: string | null;
        };
        /** @description A ticket and where to go with it. */
        TicketOut: {
            expires_in_s: number;
            ice_servers: components["schemas"]["IceServerOut"][];
            protocol: string;
            /** Format: uuid */
            session_id: string;
            ticket: string;
            websocket: string;
        };
        /** @description A period on a real day, as moments. */
        TimedPeriodOut: {
            /** Format: date-time */
            ends_at: string;
            kind: components["schemas"]["PeriodKind"];
            number: number;
            /** Format: date-time */
            starts_at: string;
        };
        /**
         * @description What of a lesson can be played from its recording. `is_over`: no more will come.
         *
         *     `chapters`: of what there is, as those of a replay.
         */
        TimeshiftOut: {
            chapters: components["schemas"]["ChapterOut"][];
            is_over: boolean;
            lanes: components["schemas"]["ShiftLaneOut"][];
            /** Format: uuid */
            session_id: string;
            title: string;
            until_ms: number;
        };
        /**
         * @description 周课表 of a teacher, a classroom or a school, Monday first.
         *
         *     `week_number`: of the term (教学周); null outside of one.
         */
        TimetableWeek: {
            days: components["schemas"]["WeekDay"][];
            /** Format: date */
            first_day: string;
            lessons: components["schemas"]["WeekLesson"][];
            name: string;
            periods: components["schemas"]["WeekPeriod"][];
            school: components["schemas"]["Named"] | null;
            week_number: number | null;
        };
        /**
         * @description How a slot is held on `lessons` dates from `first` to `last`: minutes after midnight.
         *
         *     `periods`: each site's own period, by its classroom; a site that has no school is left out.
         */
        Timing: {
            ends_minute: number;
            /** Format: date */
            first: string;
            /** Format: date */
            last: string;
            lessons: number;
            periods: {
                [key: string]: number;
            };
            starts_minute: number;
        };
        /**
         * @description A lesson that is over, the number of pupils reported so far, and what its row says.
         *
         *     Null: not measured.
         */
        ToConfirm: {
            audible_ms: number | null;
            connected_ms: number;
            headcount: number | null;
            is_counted: boolean | null;
            lesson: components["schemas"]["LessonCard"];
            planned_ms: number;
        };
        /**
         * @description 四同步: 备课, 授课, 资源, 研修. Each is counted from a table of its own.
         * @enum {string}
         */
        Track: "PREPARATION" | "TEACHING" | "RESOURCE" | "TRAINING";
        /**
         * @description How many facts there are of each track on the days that count.
         *
         *     `deliveries`: sites reached, each once per lesson at the beginning of its chain.
         */
        TrackCounts: {
            deliveries: number;
            lessons: number;
            preparations: number;
            resources: number;
            trainings: number;
        };
        /** @description An event of a track with its evidence: a link, or a file handed in before. */
        TrackEventIn: {
            file_id?: string | null;
            /** Format: date */
            held_on: string;
            link?: string | null;
            people?: number | null;
            title: string;
        };
        /**
         * @description An event of a track. `counts`: it lies on a day that counts and was not taken back.
         *
         *     `file`: the name of the file that is its evidence. `withdrawn`: why it was taken back.
         */
        TrackEventOut: {
            counts: boolean;
            /** Format: date-time */
            entered_at: string;
            entered_by: string;
            file: string | null;
            /** Format: date */
            held_on: string;
            /** Format: uuid */
            id: string;
            link: string | null;
            people: number | null;
            title: string;
            track: components["schemas"]["Track"];
            withdrawn: string | null;
        };
        /** @description The four tracks of a pairing between two days, and the days that count among them. */
        TracksOut: {
            active: components["schemas"]["DaySpanOut"][];
            active_days: number;
            counts: components["schemas"]["TrackCounts"];
            /** Format: date */
            first: string;
            /** Format: date */
            last: string;
        };
        /** @description How many facts of each track are meant to come about in a term. */
        TrackTargets: {
            lessons: number;
            preparations: number;
            resources: number;
            trainings: number;
        };
        /**
         * @description What a figure's numerator and denominator count.
         * @enum {string}
         */
        Unit: "SITES" | "SUBJECTS" | "TENTHS";
        /** @description How much arrived. */
        UploadedOut: {
            bytes: number;
        };
        /**
         * @description One look at the recording of a session, by a person or by a classroom, with its `name`.
         *
         *     `micro_lesson`: at which piece of it, by the title it had then; null: at the whole lesson.
         *     `taken`: in which form it was taken along; null: it was watched here.
         */
        ViewOfOut: {
            address: string;
            /** Format: date-time */
            at: string;
            classroom_id: string | null;
            micro_lesson: string | null;
            name: string;
            person_id: string | null;
            /** Format: uuid */
            session_id: string;
            taken: components["schemas"]["DownloadForm"] | null;
            title: string;
        };
        /**
         * @description Why a code is in force no more.
         * @enum {string}
         */
        VoidReason: "CLOSED" | "CATEGORY_CHANGED" | "REPLACED";
        /**
         * @description Whose word a closed row waits for: the assistant's, or the answer to an objection.
         * @enum {string}
         */
        WaitsFor: "ASSISTANT" | "ADMINISTRATOR";
        /**
         * @description A lesson of today. `hub` and `lecturer` are names; no session: it was never live.
         *
         *     `lacks`: what the hub lacks; null: nobody looks, it is not about to begin.
         */
        WallLessonOut: {
            grade: string;
            group: components["schemas"]["Group"];
            hub: string;
            /** Format: uuid */
            id: string;
            kind: components["schemas"]["LessonKind"];
            lacks: components["schemas"]["Lack"][] | null;
            lecturer: string;
            /** Format: date-time */
            planned_end: string;
            /** Format: date-time */
            planned_start: string;
            session_id: string | null;
            sites: components["schemas"]["WallSiteOut"][];
            started_at: string | null;
            state: components["schemas"]["LessonState"];
            subject: string;
            title: string;
        };
        /**
         * @description A classroom of a lesson. `light` is its device's; of a running lesson see `is_present`.
         *
         *     `headcount` and `is_counted` as amended; null: nobody has counted, nothing is weighed yet.
         *     `lacks`: what it lacks shortly before the lesson, if it is to listen live.
         */
        WallSiteOut: {
            classroom: string;
            has_come: boolean;
            headcount: number | null;
            is_counted: boolean | null;
            is_present: boolean;
            lacks: components["schemas"]["Lack"][];
            last_seen_at: string | null;
            /** @enum {string} */
            light: "ready" | "offline" | "never";
            school: string;
            /** Format: uuid */
            site_id: string;
        };
        /**
         * @description What a row of a county's week is: a school that gives, a teacher, a school that receives.
         * @enum {string}
         */
        WeekBy: "HUB" | "TEACHER" | "POINT";
        /** @description A column of the week: the day, the weekday it runs, or why there is no school. */
        WeekDay: {
            /** Format: date */
            day: string;
            name: string;
            runs: number | null;
            why_not: components["schemas"]["NoSchool"] | null;
        };
        /** @description A lesson in its cell; `period` null: it meets no bell. `gives`: the hub is this school. */
        WeekLesson: {
            /** Format: date */
            day: string;
            gives: boolean;
            lesson: components["schemas"]["LessonOut"];
            period: number | null;
        };
        /** @description The weeks of a term in order. */
        WeekList: {
            items: components["schemas"]["WeekOut"][];
        };
        /** @description What was heard in a week, from its Monday to its Sunday. */
        WeekMinutes: {
            audible_ms: number;
            degraded_ms: number;
            lost_ms: number;
            /** Format: date */
            monday: string;
            offline_ms: number;
            rows: number;
            unmeasured: number;
        };
        /** @description 教学周, from 1; the days of a calendar week that lie in the term. */
        WeekOut: {
            /** Format: date */
            first: string;
            /** Format: date */
            last: string;
            number: number;
        };
        /** @description A row of the week: a bell's number and, on the first day that has it, its times. */
        WeekPeriod: {
            /** Format: date-time */
            ends_at: string;
            kind: components["schemas"]["PeriodKind"];
            number: number;
            /** Format: date-time */
            starts_at: string;
        };
        /** @description The county at a glance. Of each group the first lessons are here; `lessons` counts all. */
        Workbench: {
            /** Format: date */
            date: string;
            hands: components["schemas"]["HandOut"][];
            lessons: {
                [key: string]: number;
            };
            /** Format: date-time */
            now: string;
            points: {
                [key: string]: number;
            };
            wall: components["schemas"]["WallLessonOut"][];
        };
    };
    responses: {
        /** @description `agreement-missing`: The agreement is missing; `already-agreed`: This school has agreed already; `not-a-member`: The school is no member that may do this; `pairing-incomplete`: The pairing is not complete; `school-not-open`: A school is not open; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "agreement-missing.already-agreed.not-a-member.pairing-incomplete.school-not-open.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `bad-cursor`: This is no cursor of this list */
        "bad-cursor": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `bad-region-code`: This is no region's code; `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input */
        "bad-region-code.idempotency-key-reused.malformed-input": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `bad-region-code`: This is no region's code; `malformed-input`: Malformed input */
        "bad-region-code.malformed-input": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `bells-overlap`: The school has bells for that time */
        "bells-overlap": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `bells-overlap`: The school has bells for that time; `still-running`: The first request is still running */
        "bells-overlap.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `blocked`: Blocked from this lesson; `csrf-refused`: The request did not come from this platform's page; `forbidden`: Not allowed; `not-invited`: This classroom is not invited */
        "blocked.csrf-refused.forbidden.not-invited": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `cannot-plan`: These offerings cannot be planned; `still-running`: The first request is still running */
        "cannot-plan.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `captions-refused`: These captions cannot be used; `code-unknown`: There is no such code; `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input */
        "captions-refused.code-unknown.idempotency-key-reused.malformed-input": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `captions-refused`: These captions cannot be used; `malformed-input`: Malformed input */
        "captions-refused.malformed-input": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `captions-there`: There are such captions already; `recording-held`: The recording is held; `recording-not-ready`: The recording is not ready */
        "captions-there.recording-held.recording-not-ready": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `captions-there`: There are such captions already; `recording-not-ready`: The recording is not ready; `still-running`: The first request is still running */
        "captions-there.recording-not-ready.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `changed-meanwhile`: It was changed meanwhile */
        "changed-meanwhile": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `check-busy`: Too many checks at once; `unavailable`: The service is not available */
        "check-busy.unavailable": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `check-refused`: The media check was refused; `malformed-input`: Malformed input */
        "check-refused.malformed-input": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `clip-file-missing`: The file of this recording is missing; `not-found`: Not found */
        "clip-file-missing.not-found": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `grade-unknown`: This grade has no curriculum; `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input; `twice-in-table`: This stands in the table twice */
        "code-unknown.grade-unknown.idempotency-key-reused.malformed-input.twice-in-table": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input */
        "code-unknown.idempotency-key-reused.malformed-input": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input; `school-code-malformed`: This is no code of such a school; `wrong-day`: This day cannot be; `wrong-parent`: The school it belongs to is not right */
        "code-unknown.idempotency-key-reused.malformed-input.school-code-malformed.wrong-day.wrong-parent": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input; `twice-in-table`: This stands in the table twice */
        "code-unknown.idempotency-key-reused.malformed-input.twice-in-table": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input; `wrong-day`: This day cannot be */
        "code-unknown.idempotency-key-reused.malformed-input.wrong-day": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input; `wrong-day`: This day cannot be; `wrong-parent`: The school it belongs to is not right */
        "code-unknown.idempotency-key-reused.malformed-input.wrong-day.wrong-parent": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `malformed-input`: Malformed input */
        "code-unknown.malformed-input": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `malformed-input`: Malformed input; `school-code-malformed`: This is no code of such a school; `wrong-parent`: The school it belongs to is not right */
        "code-unknown.malformed-input.school-code-malformed.wrong-parent": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `malformed-input`: Malformed input; `twice-in-table`: This stands in the table twice */
        "code-unknown.malformed-input.twice-in-table": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-unknown`: There is no such code; `malformed-input`: Malformed input; `wrong-day`: This day cannot be */
        "code-unknown.malformed-input.wrong-day": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `code-used-or-expired`: This code was used or has expired */
        "code-used-or-expired": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `consent-missing`: A school has not consented; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "consent-missing.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `consent-taken-back`: A school has taken its consent back */
        "consent-taken-back": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `consent-taken-back`: A school has taken its consent back; `recording-not-ready`: The recording is not ready */
        "consent-taken-back.recording-not-ready": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `consent-taken-back`: A school has taken its consent back; `recording-not-ready`: The recording is not ready; `still-running`: The first request is still running */
        "consent-taken-back.recording-not-ready.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `csrf-refused`: The request did not come from this platform's page */
        "csrf-refused": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `csrf-refused`: The request did not come from this platform's page; `forbidden`: Not allowed */
        "csrf-refused.forbidden": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `csrf-refused`: The request did not come from this platform's page; `forbidden`: Not allowed; `held-from-above`: The office above holds it */
        "csrf-refused.forbidden.held-from-above": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `csrf-refused`: The request did not come from this platform's page; `forbidden`: Not allowed; `own-grant`: Your own roles are others' to change */
        "csrf-refused.forbidden.own-grant": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `day-taken`: This day is in the calendar already */
        "day-taken": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `day-taken`: This day is in the calendar already; `still-running`: The first request is still running */
        "day-taken.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `figures-being-counted`: The figures are being counted; `unavailable`: The service is not available */
        "figures-being-counted.unavailable": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `file-empty`: The file is empty */
        "file-empty": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `file-too-large`: The file is too large */
        "file-too-large": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `file-type-refused`: This type of file is not accepted */
        "file-type-refused": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `forbidden`: Not allowed */
        forbidden: {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `grant-too-long`: The role would outlast your own; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "grant-too-long.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input */
        "idempotency-key-reused.malformed-input": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input; `marks-outside`: A mark is outside of the lesson; `marks-reversed`: The end is not after the beginning; `piece-too-short`: The piece is too short; `title-missing`: The title is missing; `title-too-long`: The title is too long */
        "idempotency-key-reused.malformed-input.marks-outside.marks-reversed.piece-too-short.title-missing.title-too-long": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input; `period-too-long`: These days make no period */
        "idempotency-key-reused.malformed-input.period-too-long": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input; `unreadable-file`: This file cannot be read */
        "idempotency-key-reused.malformed-input.unreadable-file": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `idempotency-key-reused`: This key was used for something else; `malformed-input`: Malformed input; `wrong-day`: This day cannot be */
        "idempotency-key-reused.malformed-input.wrong-day": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `inputs-not-kept`: What this sheet was computed with was not kept */
        "inputs-not-kept": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `inputs-not-kept`: What this sheet was computed with was not kept; `rows-open`: The attendance of this period is not locked; `signed-already`: Figures of this roster and these weeks are signed already; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "inputs-not-kept.rows-open.signed-already.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `kept-elsewhere`: Where the recording is kept does not answer; `unavailable`: The service is not available */
        "kept-elsewhere.unavailable": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `lesson-clash`: There is another lesson at that time; `lesson-in-the-past`: That time has passed; `lesson-not-changeable`: The lesson cannot be changed any more; `site-unfit`: This classroom cannot receive the lesson */
        "lesson-clash.lesson-in-the-past.lesson-not-changeable.site-unfit": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `lesson-clash`: There is another lesson at that time; `lesson-in-the-past`: That time has passed; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "lesson-clash.lesson-in-the-past.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `lesson-clash`: There is another lesson at that time; `lesson-not-changeable`: The lesson cannot be changed any more; `same-teacher`: This teacher gives the lesson already; `still-running`: The first request is still running */
        "lesson-clash.lesson-not-changeable.same-teacher.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `lesson-clash`: There is another lesson at that time; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "lesson-clash.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `lesson-not-changeable`: The lesson cannot be changed any more; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "lesson-not-changeable.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `lesson-not-open`: The lesson is not open */
        "lesson-not-open": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `lesson-not-open`: The lesson is not open; `ticket-taken`: This ticket exists already */
        "lesson-not-open.ticket-taken": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `lesson-not-startable`: The lesson cannot be started now */
        "lesson-not-startable": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `link-refused`: This link is not or no longer good */
        "link-refused": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `link-used-or-expired`: This link was used or has expired */
        "link-used-or-expired": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `malformed-input`: Malformed input */
        "malformed-input": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `malformed-input`: Malformed input; `password-too-weak`: The password is too weak */
        "malformed-input.password-too-weak": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `malformed-input`: Malformed input; `period-too-long`: These days make no period */
        "malformed-input.period-too-long": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `malformed-input`: Malformed input; `title-missing`: The title is missing; `title-too-long`: The title is too long */
        "malformed-input.title-missing.title-too-long": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `membership-overlaps`: The school is a member at that time */
        "membership-overlaps": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `membership-overlaps`: The school is a member at that time; `still-running`: The first request is still running */
        "membership-overlaps.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `name-taken`: This is there already */
        "name-taken": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `name-taken`: This is there already; `region-code-used`: The code of this region is referred to */
        "name-taken.region-code-used": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `name-taken`: This is there already; `school-code-taken`: This code was given before; `still-running`: The first request is still running */
        "name-taken.school-code-taken.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `name-taken`: This is there already; `school-code-taken`: This code was given before; `wrong-state`: This is not possible now */
        "name-taken.school-code-taken.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `name-taken`: This is there already; `still-running`: The first request is still running */
        "name-taken.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `name-taken`: This is there already; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "name-taken.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `name-taken`: This is there already; `wrong-state`: This is not possible now */
        "name-taken.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `no-file`: There is no file any more */
        "no-file": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `no-such-plan`: There is no such plan; `not-found`: Not found */
        "no-such-plan.not-found": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `no-teaching-weeks`: There is no school in this period */
        "no-teaching-weeks": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `no-teaching-weeks`: There is no school in this period; `still-running`: The first request is still running */
        "no-teaching-weeks.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `no-teaching-weeks`: There is no school in this period; `still-running`: The first request is still running; `term-being-locked`: The attendance of this term is being locked; `wrong-state`: This is not possible now */
        "no-teaching-weeks.still-running.term-being-locked.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not-a-member`: The school is no member that may do this; `offer-unfit`: This offer does not answer the need; `pairing-incomplete`: The pairing is not complete; `school-not-open`: A school is not open; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "not-a-member.offer-unfit.pairing-incomplete.school-not-open.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not-found`: Not found */
        "not-found": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not-in-hls`: HLS cannot carry this picture; `recording-damaged`: The recording is damaged */
        "not-in-hls.recording-damaged": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not-signed-in`: Not signed in */
        "not-signed-in": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not-signed-in`: Not signed in; `sign-in-refused`: Name or password is wrong */
        "not-signed-in.sign-in-refused": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not-to-amend`: There is nothing to correct yet; `nothing-amended`: The correction changes nothing; `only-observes`: This classroom only observes; `still-running`: The first request is still running */
        "not-to-amend.nothing-amended.only-observes.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not-to-confirm`: There is nothing to confirm; `still-running`: The first request is still running */
        "not-to-confirm.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not-yet`: That day has not come yet; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "not-yet.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `objections-open`: Objections are not answered; `still-running`: The first request is still running; `term-not-over`: The term is not over */
        "objections-open.still-running.term-not-over": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `plan-outdated`: The plan no longer fits */
        "plan-outdated": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `plan-there`: There is a plan from that day already */
        "plan-there": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `plan-there`: There is a plan from that day already; `still-running`: The first request is still running */
        "plan-there.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `precondition-required`: Say which version you have seen */
        "precondition-required": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `range-not-satisfiable`: No such range */
        "range-not-satisfiable": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `recording-damaged`: The recording is damaged */
        "recording-damaged": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `recording-held`: The recording is held */
        "recording-held": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `recording-held`: The recording is held; `recording-not-ready`: The recording is not ready */
        "recording-held.recording-not-ready": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `recording-held`: The recording is held; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "recording-held.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `recording-not-ready`: The recording is not ready; `replay-being-made-again`: The replay is being made again; `still-running`: The first request is still running */
        "recording-not-ready.replay-being-made-again.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `recording-not-ready`: The recording is not ready; `replay-being-made-again`: The replay is being made again; `still-running`: The first request is still running; `too-many-micro-lessons`: The lesson has many micro-lessons */
        "recording-not-ready.replay-being-made-again.still-running.too-many-micro-lessons": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `recording-not-ready`: The recording is not ready; `still-running`: The first request is still running */
        "recording-not-ready.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `retention-too-early`: The rule begins too early; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "retention-too-early.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `rule-too-early`: The day is not to come; `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "rule-too-early.still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `school-not-open`: A school is not open; `still-running`: The first request is still running */
        "school-not-open.still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `school-not-open`: A school is not open; `wrong-state`: This is not possible now */
        "school-not-open.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `sign-in-locked`: Too many failed attempts; `too-many-requests`: Too many requests */
        "sign-in-locked.too-many-requests": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `site-unfit`: This classroom cannot receive the lesson; `still-running`: The first request is still running; `term-foreign`: The term is of another region */
        "site-unfit.still-running.term-foreign": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `site-unfit`: This classroom cannot receive the lesson; `term-foreign`: The term is of another region; `wrong-state`: This is not possible now */
        "site-unfit.term-foreign.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `still-running`: The first request is still running */
        "still-running": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `still-running`: The first request is still running; `term-overlaps`: The region has a term at that time */
        "still-running.term-overlaps": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `still-running`: The first request is still running; `timetable-there`: There is a timetable already; `wrong-state`: This is not possible now */
        "still-running.timetable-there.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `still-running`: The first request is still running; `wrong-state`: This is not possible now */
        "still-running.wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `term-foreign`: The term is of another region */
        "term-foreign": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `term-overlaps`: The region has a term at that time */
        "term-overlaps": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `too-many-days`: Ask for fewer days */
        "too-many-days": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `too-many-requests`: Too many requests */
        "too-many-requests": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unavailable`: The service is not available */
        unavailable: {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `upload-too-large`: Too much was sent */
        "upload-too-large": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `wrong-state`: This is not possible now */
        "wrong-state": {
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
        "header.idempotency-key": string | null;
        /** @description The `ETag` of what is edited, as it was read. */
        "header.if-match": string | null;
        "path.alliance_id": string;
        "path.captions_id": string;
        "path.class_id": string;
        "path.classroom_id": string;
        "path.day_id": string;
        "path.event_id": string;
        "path.form": components["schemas"]["DownloadForm"];
        "path.group": string;
        "path.job_id": string;
        "path.kind": components["schemas"]["ImportKind"];
        "path.lesson_id": string;
        "path.micro_lesson_id": string;
        "path.need_id": string;
        "path.offer_id": string;
        "path.offering_id": string;
        "path.pairing_id": string;
        "path.plan_id": string;
        "path.planning_id": string;
        "path.post_id": string;
        "path.record_id": string;
        "path.recording_id": string;
        "path.region_id": string;
        "path.roster_id": string;
        "path.schedule_id": string;
        "path.school_id": string;
        "path.seat_id": string;
        "path.session_id": string;
        "path.sheet_id": string;
        "path.term_id": string;
        "path.timetable_id": string;
        "path.track": components["schemas"]["Track"];
        /** @description Of this alliance. */
        "query.alliance_id": string | null;
        /** @description That amend this sheet. */
        "query.amends_id": string | null;
        "query.basis": components["schemas"]["Basis"];
        "query.category": string | null;
        /** @description Of these classrooms. */
        "query.classroom_id": string[] | null;
        /** @description From or to this code. */
        "query.code_id": string | null;
        /** @description `next_cursor` of the page before; without it, the first page. */
        "query.cursor": string | null;
        /** @description A day of the week wanted; without it, today's. */
        "query.date": string | null;
        /** @description The kind of file. */
        "query.format": components["schemas"]["ExportFormat"];
        "query.from": string;
        "query.grade": string | null;
        /** @description Only this grade. */
        "query.grade_no": number | null;
        "query.in_force": boolean | null;
        "query.indicator": components["schemas"]["Indicator"];
        "query.is_counted": boolean | null;
        /** @description In its numerator, or not. */
        "query.is_met": boolean | null;
        "query.is_open": boolean | null;
        "query.is_own": boolean;
        "query.is_shown": boolean | null;
        "query.is_stored": boolean | null;
        "query.key": string;
        "query.kind": components["schemas"]["LessonKind"] | null;
        "query.label_id": string | null;
        "query.level": components["schemas"]["AuthorityLevel"] | null;
        "query.light": components["schemas"]["PointLight"] | null;
        /** @description How many items a page has at most. */
        "query.limit": number;
        "query.link_kind": string | null;
        "query.may_broadcast": boolean | null;
        /** @description What it is called. */
        "query.name": string;
        "query.offering_id": string | null;
        /** @description Members that day. */
        "query.on": string | null;
        "query.parent_id": string | null;
        "query.q": string;
        "query.reason": components["schemas"]["DeletionReason"] | null;
        /** @description Only this region. */
        "query.region_code": string;
        "query.region_id": string | null;
        /** @description As what they served. Left out: as either. */
        "query.role": components["schemas"]["ServiceRole"] | null;
        "query.roster_id": string;
        "query.school_id": string | null;
        "query.session_id": string | null;
        /** @description From or to a code of this set. */
        "query.set": string | null;
        "query.stage": string | null;
        "query.state": components["schemas"]["AttendanceState"] | null;
        "query.subject": string | null;
        /** @description Only this subject. */
        "query.subject_id": string | null;
        "query.term_id": string | null;
        /** @description Only of this. */
        "query.thing": components["schemas"]["Corrected"] | null;
        "query.to": string;
        "query.until": number;
        "query.urban_rural": string | null;
        "query.viewer": string;
        "query.waits_for": components["schemas"]["WaitsFor"] | null;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_attendance: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from?: string | null;
                is_counted?: components["parameters"]["query.is_counted"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                school_id?: components["parameters"]["query.school_id"];
                state?: components["parameters"]["query.state"];
                subject?: components["parameters"]["query.subject"];
                to?: string | null;
                waits_for?: components["parameters"]["query.waits_for"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_AttendanceRowOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_attendance_rules: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["AttendanceRules"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_attendance_rule: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AttendanceRuleIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["AttendanceRuleOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            409: components["responses"]["rule-too-early.still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_attendance_rules: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_attendance_row: {
        parameters: {
            path: {
                record_id: components["parameters"]["path.record_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["AttendanceRowOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_amendments: {
        parameters: {
            path: {
                record_id: components["parameters"]["path.record_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["AmendmentsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_amendment: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                record_id: components["parameters"]["path.record_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AmendmentIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["AmendmentOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["not-to-amend.nothing-amended.only-observes.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    confirm_attendance_row: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                record_id: components["parameters"]["path.record_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmationIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["ConfirmedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_rows: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from?: string | null;
                is_counted?: components["parameters"]["query.is_counted"];
                school_id?: components["parameters"]["query.school_id"];
                state?: components["parameters"]["query.state"];
                subject?: components["parameters"]["query.subject"];
                to?: string | null;
                waits_for?: components["parameters"]["query.waits_for"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    sum_attendance_by_school: {
        parameters: {
            query: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from: components["parameters"]["query.from"];
                is_counted?: components["parameters"]["query.is_counted"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                school_id?: components["parameters"]["query.school_id"];
                state?: components["parameters"]["query.state"];
                subject?: components["parameters"]["query.subject"];
                to: components["parameters"]["query.to"];
                waits_for?: components["parameters"]["query.waits_for"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_SchoolMinutes_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["unavailable"];
        };
    };
    export_attendance_by_school: {
        parameters: {
            query: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from: components["parameters"]["query.from"];
                is_counted?: components["parameters"]["query.is_counted"];
                school_id?: components["parameters"]["query.school_id"];
                state?: components["parameters"]["query.state"];
                subject?: components["parameters"]["query.subject"];
                to: components["parameters"]["query.to"];
                waits_for?: components["parameters"]["query.waits_for"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["unavailable"];
        };
    };
    sum_attendance_by_week: {
        parameters: {
            query: {
                from: components["parameters"]["query.from"];
                is_counted?: components["parameters"]["query.is_counted"];
                school_id?: components["parameters"]["query.school_id"];
                state?: components["parameters"]["query.state"];
                subject?: components["parameters"]["query.subject"];
                to: components["parameters"]["query.to"];
                waits_for?: components["parameters"]["query.waits_for"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["WeekMinutes"][];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["unavailable"];
        };
    };
    classroom_lines: {
        parameters: {
            query?: {
                /** @description Of these classrooms. */
                classroom_id?: components["parameters"]["query.classroom_id"];
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                school_id?: components["parameters"]["query.school_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_ClassroomLine_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_classroom_lines: {
        parameters: {
            query?: {
                /** @description Of these classrooms. */
                classroom_id?: components["parameters"]["query.classroom_id"];
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                school_id?: components["parameters"]["query.school_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    issue_code: {
        parameters: {
            query?: {
                /** @description What the device is that will use it. */
                kind?: components["schemas"]["DeviceKind"];
            };
            path: {
                classroom_id: components["parameters"]["path.classroom_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["IssuedCode"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    declare_line: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                classroom_id: components["parameters"]["path.classroom_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LineIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["LineOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    list_certificates: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from?: string | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                reason?: components["parameters"]["query.reason"];
                school_id?: components["parameters"]["query.school_id"];
                to?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_CertificateOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_certificates: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from?: string | null;
                reason?: components["parameters"]["query.reason"];
                school_id?: components["parameters"]["query.school_id"];
                to?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    revoke_device: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                device_id: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["DeviceOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_filters: {
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Filters"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            503: components["responses"]["unavailable"];
        };
    };
    list_platform_jobs: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description Those given up on whose work nothing has done since. */
                is_open?: boolean;
                kind?: string | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                state?: components["schemas"]["JobState"][] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_PlatformJobOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    retry_platform_job: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                job_id: components["parameters"]["path.job_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["PlatformJobOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_platform_jobs: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Those given up on whose work nothing has done since. */
                is_open?: boolean;
                kind?: string | null;
                state?: components["schemas"]["JobState"][] | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_points: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                light?: components["parameters"]["query.light"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                q?: string;
                school_id?: components["parameters"]["query.school_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_PointOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_points: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                light?: components["parameters"]["query.light"];
                q?: string;
                school_id?: components["parameters"]["query.school_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    recording_views: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from?: string | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                q?: components["parameters"]["query.q"];
                school_id?: components["parameters"]["query.school_id"];
                session_id?: components["parameters"]["query.session_id"];
                to?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_ViewOfOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_recording_views: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from?: string | null;
                q?: components["parameters"]["query.q"];
                school_id?: components["parameters"]["query.school_id"];
                session_id?: components["parameters"]["query.session_id"];
                to?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_retention_rules: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_RetentionRuleOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_retention_rule: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RetentionRuleIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["RetentionRuleOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            409: components["responses"]["retention-too-early.still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_retention_rules: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    preview_retention_rule: {
        parameters: {
            query: {
                grace_days: number;
                /** @description Left out: until it is withdrawn. */
                keep_days?: number | null;
                purpose: components["schemas"]["RecordingPurpose"];
                /** @description The day it is to begin. */
                valid_from: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["RetentionEffectOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_service_hours: {
        parameters: {
            query: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from: components["parameters"]["query.from"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description By name, or who gave most first. */
                order?: components["schemas"]["HoursOrder"];
                /** @description Letters of the teacher's name, as it is written or read. */
                q?: string;
                /** @description As what they served. Left out: as either. */
                role?: components["parameters"]["query.role"];
                /** @description Of lecturers: given at this hub. Of assistants: stood at this school. */
                school_id?: string | null;
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_ServiceHours_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_service_hours: {
        parameters: {
            query: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from: components["parameters"]["query.from"];
                /** @description Letters of the teacher's name, as it is written or read. */
                q?: string;
                /** @description As what they served. Left out: as either. */
                role?: components["parameters"]["query.role"];
                /** @description Of lecturers: given at this hub. Of assistants: stood at this school. */
                school_id?: string | null;
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_sessions: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from?: string | null;
                grade?: components["parameters"]["query.grade"];
                kind?: components["parameters"]["query.kind"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                q?: components["parameters"]["query.q"];
                school_id?: components["parameters"]["query.school_id"];
                state?: components["schemas"]["LessonState"] | null;
                subject?: string | null;
                to?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_SessionItem_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    session_page: {
        parameters: {
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SessionDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_attendance: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    end_session: {
        parameters: {
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EndIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": {
                        [key: string]: string;
                    };
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["lesson-not-open"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    events: {
        parameters: {
            query?: {
                after?: number;
                limit?: number;
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["EventsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    hold_recording: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HoldIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["KeptOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    lift_hold: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                hold_id: string;
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["KeptOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden.held-from-above"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_keeping: {
        parameters: {
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["KeptOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    publish: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["RecordingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["consent-missing.still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_purpose: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PurposeIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["KeptOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    rebuild: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["RecordingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-not-ready.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    withdraw: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["app__live__schemas__WithdrawIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["RecordingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-held.still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    views: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_ViewOfOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_sessions: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from?: string | null;
                grade?: components["parameters"]["query.grade"];
                kind?: components["parameters"]["query.kind"];
                q?: components["parameters"]["query.q"];
                school_id?: components["parameters"]["query.school_id"];
                state?: components["schemas"]["LessonState"] | null;
                subject?: string | null;
                to?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    teacher_checks: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Words of the teacher's or the school's name. */
                q?: string;
                /** @description Of this school. */
                school_id?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_TeacherCheckOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_teacher_checks: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Words of the teacher's or the school's name. */
                q?: string;
                /** @description Of this school. */
                school_id?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_term_attendance: {
        parameters: {
            path: {
                term_id: components["parameters"]["path.term_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TermAttendance"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    lock_attendance: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                term_id: components["parameters"]["path.term_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["objections-open.still-running.term-not-over"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_workbench: {
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Workbench"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            503: components["responses"]["unavailable"];
        };
    };
    change_member: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                member_id: string;
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["MemberOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["membership-overlaps"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    list_alliances: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Part of the name. */
                q?: string | null;
                /** @description With this school, now or ever. */
                school_id?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_AllianceOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_alliance: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AllianceIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["AllianceOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_alliance: {
        parameters: {
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["AllianceOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_alliance: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AllianceIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["AllianceOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    read_agreement: {
        parameters: {
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["AgreementOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    attach_agreement: {
        parameters: {
            query: {
                /** @description What it is called. */
                name: components["parameters"]["query.name"];
            };
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        requestBody: {
            content: {
                "application/pdf": string;
                "image/jpeg": string;
                "image/png": string;
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["AgreementOut"];
                };
            };
            400: components["responses"]["file-empty"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            415: components["responses"]["file-type-refused"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    download_agreement: {
        parameters: {
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_lessons: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description The first day. */
                from?: string | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Which this school gave, passed on or received. */
                school_id?: string | null;
                /** @description The last day. */
                to?: string | null;
            };
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_TaughtOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_alliance_lessons: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description The first day. */
                from?: string | null;
                /** @description Which this school gave, passed on or received. */
                school_id?: string | null;
                /** @description The last day. */
                to?: string | null;
            };
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_members: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Members that day. */
                on?: components["parameters"]["query.on"];
                /** @description Letters of the school's name, as it is written or read. */
                q?: string;
                /** @description In this role. */
                role?: components["schemas"]["MemberRole"] | null;
            };
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_MemberOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_member: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["MemberOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["membership-overlaps.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_members: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Members that day. */
                on?: components["parameters"]["query.on"];
                /** @description Letters of the school's name, as it is written or read. */
                q?: string;
                /** @description In this role. */
                role?: components["schemas"]["MemberRole"] | null;
            };
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_plans: {
        parameters: {
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TermPlans"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    save_plan: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                alliance_id: components["parameters"]["path.alliance_id"];
                term_id: components["parameters"]["path.term_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TermPlanIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TermPlanOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["term-foreign"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_alliances: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Part of the name. */
                q?: string | null;
                /** @description With this school, now or ever. */
                school_id?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_authorities: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                level?: components["parameters"]["query.level"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Words of its or its region's name. */
                q?: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_AuthorityOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_authority: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AuthorityIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["AuthorityOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    correct_authority: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                authority_id: string;
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AuthorityEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["AuthorityOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_authorities: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                level?: components["parameters"]["query.level"];
                /** @description Words of its or its region's name. */
                q?: string;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_bells: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Only of this school. */
                school_id?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_BellsOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_bells: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BellsIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["BellsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["bells-overlap.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_bells: {
        parameters: {
            path: {
                schedule_id: components["parameters"]["path.schedule_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["BellsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_bells: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                schedule_id: components["parameters"]["path.schedule_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BellsIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["BellsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["bells-overlap"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    remove_bells: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                schedule_id: components["parameters"]["path.schedule_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_bells: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Only of this school. */
                school_id?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_calendar_days: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description The first day. */
                from?: string | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description The last day. */
                to?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_CalendarDayOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_calendar_day: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CalendarDayIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["CalendarDayOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["day-taken.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_calendar_day: {
        parameters: {
            path: {
                day_id: components["parameters"]["path.day_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["CalendarDayOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_calendar_day: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                day_id: components["parameters"]["path.day_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CalendarDayIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["CalendarDayOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["day-taken"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    remove_calendar_day: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                day_id: components["parameters"]["path.day_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_calendar_days: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description The first day. */
                from?: string | null;
                /** @description The last day. */
                to?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    classroom_feed: {
        parameters: {
            path: {
                classroom_id: components["parameters"]["path.classroom_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["FeedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    renew_classroom_feed: {
        parameters: {
            path: {
                classroom_id: components["parameters"]["path.classroom_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["FeedMade"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    withdraw_classroom_feed: {
        parameters: {
            path: {
                classroom_id: components["parameters"]["path.classroom_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    my_feed: {
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["FeedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            503: components["responses"]["unavailable"];
        };
    };
    renew_my_feed: {
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["FeedMade"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            503: components["responses"]["unavailable"];
        };
    };
    withdraw_my_feed: {
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            503: components["responses"]["unavailable"];
        };
    };
    read_calendar: {
        parameters: {
            path: {
                token: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "text/calendar": string;
                };
            };
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["unavailable"];
        };
    };
    check_download: {
        parameters: {
            query: {
                bytes: number;
            };
        };
        responses: {
            /** @description So many random bytes. */
            200: {
                content: {
                    "application/octet-stream": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["unavailable"];
        };
    };
    check_media: {
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckMediaIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["CheckMediaOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            422: components["responses"]["check-refused.malformed-input"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["check-busy.unavailable"];
        };
    };
    check_ping: {
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            503: components["responses"]["unavailable"];
        };
    };
    keep_result: {
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckResultIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            422: components["responses"]["malformed-input"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["unavailable"];
        };
    };
    check_roads: {
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["RoadsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            503: components["responses"]["unavailable"];
        };
    };
    check_upload: {
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["UploadedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            413: components["responses"]["upload-too-large"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["unavailable"];
        };
    };
    confirm_headcount: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HeadcountIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["HeadcountOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused"];
            404: components["responses"]["not-found"];
            409: components["responses"]["not-to-confirm.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    keep_room_test: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoomTestIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["RoomTestOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["unavailable"];
        };
    };
    classroom_today: {
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["ClassroomDay"];
                };
            };
            401: components["responses"]["not-signed-in"];
            503: components["responses"]["unavailable"];
        };
    };
    classroom_week: {
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["ClassroomWeek"];
                };
            };
            401: components["responses"]["not-signed-in"];
            503: components["responses"]["unavailable"];
        };
    };
    list_classrooms: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                link_kind?: components["parameters"]["query.link_kind"];
                may_broadcast?: components["parameters"]["query.may_broadcast"];
                q?: string;
                school_id?: components["parameters"]["query.school_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_ClassroomOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_classroom: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClassroomIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["ClassroomOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_classroom: {
        parameters: {
            path: {
                classroom_id: components["parameters"]["path.classroom_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["ClassroomOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    edit_classroom: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                classroom_id: components["parameters"]["path.classroom_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClassroomEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["ClassroomOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_classrooms: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                link_kind?: components["parameters"]["query.link_kind"];
                may_broadcast?: components["parameters"]["query.may_broadcast"];
                q?: string;
                school_id?: components["parameters"]["query.school_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_code_maps: {
        parameters: {
            query?: {
                /** @description From or to this code. */
                code_id?: components["parameters"]["query.code_id"];
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description From or to a code of this set. */
                set?: components["parameters"]["query.set"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_CodeMapOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_code_maps: {
        parameters: {
            query?: {
                /** @description From or to this code. */
                code_id?: components["parameters"]["query.code_id"];
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description From or to a code of this set. */
                set?: components["parameters"]["query.set"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_code_sets: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description Of this kind. */
                kind?: components["schemas"]["CodeKind"] | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_CodeSetOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_code_sets: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Of this kind. */
                kind?: components["schemas"]["CodeKind"] | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_codes: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                is_shown?: components["parameters"]["query.is_shown"];
                is_stored?: components["parameters"]["query.is_stored"];
                kind?: components["schemas"]["CodeKind"] | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                set?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_CodeOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_codes: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                is_shown?: components["parameters"]["query.is_shown"];
                is_stored?: components["parameters"]["query.is_stored"];
                kind?: components["schemas"]["CodeKind"] | null;
                set?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_offerings: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description The hub, or a site's school. */
                school_id?: string | null;
                state?: components["schemas"]["OfferingState"] | null;
                subject?: string | null;
                term_id?: components["parameters"]["query.term_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_OfferingOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["code-unknown.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    open_offering: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfferingIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["OfferingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["site-unfit.still-running.term-foreign"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_offering: {
        parameters: {
            path: {
                offering_id: components["parameters"]["path.offering_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["OfferingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_offering: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                offering_id: components["parameters"]["path.offering_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfferingIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["OfferingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["site-unfit.term-foreign.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    end_offering: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                offering_id: components["parameters"]["path.offering_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["OfferingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    publish_offering: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                offering_id: components["parameters"]["path.offering_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["app__lessons__offering_schemas__PublishedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_offerings: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description The hub, or a site's school. */
                school_id?: string | null;
                state?: components["schemas"]["OfferingState"] | null;
                subject?: string | null;
                term_id?: components["parameters"]["query.term_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["code-unknown.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_definitions: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description Only of this indicator. */
                indicator?: components["schemas"]["Indicator"] | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_DefinitionVersion_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_definitions: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Only of this indicator. */
                indicator?: components["schemas"]["Indicator"] | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_coverage: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                from: components["parameters"]["query.from"];
                label_id?: components["parameters"]["query.label_id"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
                roster_id: components["parameters"]["query.roster_id"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["CoverageOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    export_coverage: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from: components["parameters"]["query.from"];
                label_id?: components["parameters"]["query.label_id"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
                roster_id: components["parameters"]["query.roster_id"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    list_gaps: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from: components["parameters"]["query.from"];
                /** @description Only this grade. */
                grade_no?: components["parameters"]["query.grade_no"];
                label_id?: components["parameters"]["query.label_id"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
                roster_id: components["parameters"]["query.roster_id"];
                school_id?: components["parameters"]["query.school_id"];
                /** @description Only this subject. */
                subject_id?: components["parameters"]["query.subject_id"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_SiteGapOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    export_gaps: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from: components["parameters"]["query.from"];
                /** @description Only this grade. */
                grade_no?: components["parameters"]["query.grade_no"];
                label_id?: components["parameters"]["query.label_id"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
                roster_id: components["parameters"]["query.roster_id"];
                school_id?: components["parameters"]["query.school_id"];
                /** @description Only this subject. */
                subject_id?: components["parameters"]["query.subject_id"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    sum_gaps: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                by?: components["schemas"]["GapKey"];
                from: components["parameters"]["query.from"];
                /** @description Only this grade. */
                grade_no?: components["parameters"]["query.grade_no"];
                label_id?: components["parameters"]["query.label_id"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
                roster_id: components["parameters"]["query.roster_id"];
                school_id?: components["parameters"]["query.school_id"];
                /** @description Only this subject. */
                subject_id?: components["parameters"]["query.subject_id"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["GapSum"][];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    list_delivered_lessons: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from: components["parameters"]["query.from"];
                /** @description Only this grade. */
                grade_no?: components["parameters"]["query.grade_no"];
                indicator?: components["parameters"]["query.indicator"];
                label_id?: components["parameters"]["query.label_id"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
                roster_id: components["parameters"]["query.roster_id"];
                school_id?: components["parameters"]["query.school_id"];
                /** @description Only this subject. */
                subject_id?: components["parameters"]["query.subject_id"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_DeliveredLesson_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    export_delivered_lessons: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from: components["parameters"]["query.from"];
                /** @description Only this grade. */
                grade_no?: components["parameters"]["query.grade_no"];
                indicator?: components["parameters"]["query.indicator"];
                label_id?: components["parameters"]["query.label_id"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
                roster_id: components["parameters"]["query.roster_id"];
                school_id?: components["parameters"]["query.school_id"];
                /** @description Only this subject. */
                subject_id?: components["parameters"]["query.subject_id"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    list_coverage_periods: {
        parameters: {
            query: {
                roster_id: components["parameters"]["query.roster_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["PeriodChoice"][];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    make_report: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    read_school_gaps: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                from: components["parameters"]["query.from"];
                to: components["parameters"]["query.to"];
            };
            path: {
                school_id: components["parameters"]["path.school_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SchoolGaps"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    list_sheets: {
        parameters: {
            query?: {
                /** @description That amend this sheet. */
                amends_id?: components["parameters"]["query.amends_id"];
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                roster_id?: string | null;
                state?: components["schemas"]["SheetState"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_SheetOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    compute_sheet: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SheetIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks.still-running.term-being-locked.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input.period-too-long"];
            503: components["responses"]["unavailable"];
        };
    };
    read_sheet: {
        parameters: {
            path: {
                sheet_id: components["parameters"]["path.sheet_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SheetDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    check_sheet: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                sheet_id: components["parameters"]["path.sheet_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SheetNote"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    list_sheet_lessons: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                indicator?: components["parameters"]["query.indicator"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
            };
            path: {
                sheet_id: components["parameters"]["path.sheet_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_DeliveredLesson_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["inputs-not-kept"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    export_sheet_lessons: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                indicator?: components["parameters"]["query.indicator"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
            };
            path: {
                sheet_id: components["parameters"]["path.sheet_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["inputs-not-kept"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    sign_sheet_off: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                sheet_id: components["parameters"]["path.sheet_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SheetNote"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SheetDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["inputs-not-kept.rows-open.signed-already.still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_sheets: {
        parameters: {
            query?: {
                /** @description That amend this sheet. */
                amends_id?: components["parameters"]["query.amends_id"];
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                roster_id?: string | null;
                state?: components["schemas"]["SheetState"] | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_coverage_sites: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from: components["parameters"]["query.from"];
                /** @description Of whose denominator. */
                indicator?: components["schemas"]["Indicator"] | null;
                /** @description In its numerator, or not. */
                is_met?: components["parameters"]["query.is_met"];
                label_id?: components["parameters"]["query.label_id"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
                roster_id: components["parameters"]["query.roster_id"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_CoverageSite_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    export_coverage_sites: {
        parameters: {
            query: {
                basis?: components["parameters"]["query.basis"];
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from: components["parameters"]["query.from"];
                /** @description Of whose denominator. */
                indicator?: components["schemas"]["Indicator"] | null;
                /** @description In its numerator, or not. */
                is_met?: components["parameters"]["query.is_met"];
                label_id?: components["parameters"]["query.label_id"];
                /** @description Only this region. */
                region_code?: components["parameters"]["query.region_code"];
                roster_id: components["parameters"]["query.roster_id"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["no-teaching-weeks"];
            422: components["responses"]["malformed-input.period-too-long"];
            503: components["responses"]["figures-being-counted.unavailable"];
        };
    };
    list_curriculum_plans: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description In their name. */
                q?: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_CurriculumItem_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_curriculum_plan: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CurriculumIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["CurriculumDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["plan-there.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input.twice-in-table"];
            503: components["responses"]["unavailable"];
        };
    };
    read_curriculum_plan: {
        parameters: {
            path: {
                plan_id: components["parameters"]["path.plan_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["CurriculumDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    edit_curriculum_plan: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                plan_id: components["parameters"]["path.plan_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CurriculumEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["CurriculumDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["plan-there"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input.twice-in-table"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_curriculum_plans: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description In their name. */
                q?: string;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    enrol_device: {
        requestBody: {
            content: {
                "application/json": components["schemas"]["Enrol"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            403: components["responses"]["csrf-refused"];
            410: components["responses"]["code-used-or-expired"];
            422: components["responses"]["malformed-input"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["unavailable"];
        };
    };
    forget_device: {
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused"];
            503: components["responses"]["unavailable"];
        };
    };
    list_offers: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Of this school. */
                school_id?: string | null;
                /** @description A code. */
                subject?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_OfferOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_offer: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfferIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["OfferOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_offer: {
        parameters: {
            path: {
                offer_id: components["parameters"]["path.offer_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["OfferOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_offer: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                offer_id: components["parameters"]["path.offer_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfferIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["OfferOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_offers: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Of this school. */
                school_id?: string | null;
                /** @description A code. */
                subject?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_import_faults: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
            };
            path: {
                job_id: components["parameters"]["path.job_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            409: components["responses"]["wrong-state"];
            410: components["responses"]["no-file"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    import_table: {
        parameters: {
            query?: {
                /** @description Only say what would be done. */
                dry_run?: boolean;
                /** @description Write the rows that are right. */
                leave_out?: boolean;
            };
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                kind: components["parameters"]["path.kind"];
            };
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["Body_import_table"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input.unreadable-file"];
            503: components["responses"]["unavailable"];
        };
    };
    import_template: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["schemas"]["ExportFormat"];
            };
            path: {
                kind: components["parameters"]["path.kind"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_jobs: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                kind?: string | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                state?: components["schemas"]["JobState"][] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_JobOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_job: {
        parameters: {
            path: {
                job_id: components["parameters"]["path.job_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    cancel_job: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                job_id: components["parameters"]["path.job_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_file: {
        parameters: {
            path: {
                job_id: components["parameters"]["path.job_id"];
            };
        };
        responses: {
            /** @description The file. */
            200: {
                content: {
                    "*/*": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            410: components["responses"]["no-file"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    retry_job: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                job_id: components["parameters"]["path.job_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["JobOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_jobs: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                kind?: string | null;
                state?: components["schemas"]["JobState"][] | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_planned_lessons: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from?: string | null;
                kind?: components["parameters"]["query.kind"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                offering_id?: components["parameters"]["query.offering_id"];
                q?: components["parameters"]["query.q"];
                /** @description The hub, or a site's school. */
                school_id?: string | null;
                state?: components["schemas"]["LessonState"] | null;
                /** @description The subject's word. */
                subject?: string | null;
                to?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_LessonOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    plan_lesson: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LessonIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["LessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["lesson-clash.lesson-in-the-past.still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_lesson: {
        parameters: {
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["LessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_lesson: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LessonEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["LessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["lesson-clash.lesson-in-the-past.lesson-not-changeable.site-unfit"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    cancel_lesson: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CancelIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["LessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    end: {
        parameters: {
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["LessonCard"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["lesson-not-open"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    make_up_lesson: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MakeUpIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["LessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["lesson-clash.lesson-in-the-past.still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    publish_lesson: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["LessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["lesson-not-changeable.still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    start: {
        parameters: {
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["StartedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["lesson-not-startable"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    substitute_teacher: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubstituteIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["LessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["lesson-clash.lesson-not-changeable.same-teacher.still-running"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    issue_ticket: {
        parameters: {
            path: {
                lesson_id: components["parameters"]["path.lesson_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TicketIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["TicketOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["blocked.csrf-refused.forbidden.not-invited"];
            404: components["responses"]["not-found"];
            409: components["responses"]["lesson-not-open.ticket-taken"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_lessons: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from?: string | null;
                kind?: components["parameters"]["query.kind"];
                offering_id?: components["parameters"]["query.offering_id"];
                q?: components["parameters"]["query.q"];
                /** @description The hub, or a site's school. */
                school_id?: string | null;
                state?: components["schemas"]["LessonState"] | null;
                /** @description The subject's word. */
                subject?: string | null;
                to?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    redeem_link: {
        requestBody: {
            content: {
                "application/json": components["schemas"]["RedeemLink"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["RedeemedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused"];
            410: components["responses"]["link-used-or-expired"];
            422: components["responses"]["malformed-input"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["unavailable"];
        };
    };
    set_password: {
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetPassword"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused"];
            410: components["responses"]["link-used-or-expired"];
            422: components["responses"]["malformed-input.password-too-weak"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["unavailable"];
        };
    };
    list_local_timetables: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                school_id?: components["parameters"]["query.school_id"];
                term_id?: components["parameters"]["query.term_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_LocalTimetableOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_local_timetable: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LocalTimetableIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["LocalTimetableOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.timetable-there.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.grade-unknown.idempotency-key-reused.malformed-input.twice-in-table"];
            503: components["responses"]["unavailable"];
        };
    };
    read_local_timetable: {
        parameters: {
            path: {
                timetable_id: components["parameters"]["path.timetable_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["LocalTimetableOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    edit_local_timetable: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                timetable_id: components["parameters"]["path.timetable_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LocalTimetableEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["LocalTimetableOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input.twice-in-table"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_local_timetables: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                school_id?: components["parameters"]["query.school_id"];
                term_id?: components["parameters"]["query.term_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_me: {
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            503: components["responses"]["unavailable"];
        };
    };
    read_micro_lesson: {
        parameters: {
            path: {
                micro_lesson_id: components["parameters"]["path.micro_lesson_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["MicroLessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    delete_micro_lesson: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                micro_lesson_id: components["parameters"]["path.micro_lesson_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-held"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    rename_micro_lesson: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                micro_lesson_id: components["parameters"]["path.micro_lesson_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MicroLessonEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["MicroLessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input.title-missing.title-too-long"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    cut_micro_lesson_again: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                micro_lesson_id: components["parameters"]["path.micro_lesson_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["MicroLessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-not-ready.replay-being-made-again.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    take_micro_lesson: {
        parameters: {
            query: {
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
            };
            path: {
                micro_lesson_id: components["parameters"]["path.micro_lesson_id"];
            };
        };
        responses: {
            /** @description The piece. */
            200: {
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The range that was asked for. */
            206: {
                content: {
                    "video/mp4": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["link-refused"];
            404: components["responses"]["clip-file-missing.not-found"];
            416: components["responses"]["range-not-satisfiable"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["kept-elsewhere.unavailable"];
        };
    };
    watch_micro_lesson: {
        parameters: {
            query: {
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
            };
            path: {
                micro_lesson_id: components["parameters"]["path.micro_lesson_id"];
            };
        };
        responses: {
            /** @description The piece. */
            200: {
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The range that was asked for. */
            206: {
                content: {
                    "video/mp4": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["link-refused"];
            404: components["responses"]["clip-file-missing.not-found"];
            416: components["responses"]["range-not-satisfiable"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["kept-elsewhere.unavailable"];
        };
    };
    list_needs: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Of this school. */
                school_id?: string | null;
                /** @description In this state. */
                state?: components["schemas"]["NeedState"] | null;
                /** @description A code. */
                subject?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_NeedOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    post_need: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NeedIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["NeedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["school-not-open.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_need: {
        parameters: {
            path: {
                need_id: components["parameters"]["path.need_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["NeedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_need: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                need_id: components["parameters"]["path.need_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NeedIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["NeedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["school-not-open.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    accept_match: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                need_id: components["parameters"]["path.need_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcceptIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["not-a-member.offer-unfit.pairing-incomplete.school-not-open.still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    list_matches: {
        parameters: {
            path: {
                need_id: components["parameters"]["path.need_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["MatchList"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_matches: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
            };
            path: {
                need_id: components["parameters"]["path.need_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    withdraw_need: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                need_id: components["parameters"]["path.need_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["NeedOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_needs: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Of this school. */
                school_id?: string | null;
                /** @description In this state. */
                state?: components["schemas"]["NeedState"] | null;
                /** @description A code. */
                subject?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_pairings: {
        parameters: {
            query?: {
                /** @description Of this alliance. */
                alliance_id?: components["parameters"]["query.alliance_id"];
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description Of this kind. */
                kind?: components["schemas"]["PairingKind"] | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Words of the name. */
                q?: string;
                /** @description With this school. */
                school_id?: string | null;
                /** @description In this state. */
                state?: components["schemas"]["PairingState"] | null;
                /** @description In this subject, by its code. */
                subject?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_PairingOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_pairing: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PairingIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["PairingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_pairing: {
        parameters: {
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["PairingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_pairing: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PairingIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["PairingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    read_pairing_agreement: {
        parameters: {
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["AgreementOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    attach_pairing_agreement: {
        parameters: {
            query: {
                /** @description What it is called. */
                name: components["parameters"]["query.name"];
            };
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        requestBody: {
            content: {
                "application/pdf": string;
                "image/jpeg": string;
                "image/png": string;
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["AgreementOut"];
                };
            };
            400: components["responses"]["file-empty"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            415: components["responses"]["file-type-refused"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    download_pairing_agreement: {
        parameters: {
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_events: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
                track: components["parameters"]["path.track"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_TrackEventOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_event: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
                track: components["parameters"]["path.track"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrackEventIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["EnteredOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["not-yet.still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    download_evidence: {
        parameters: {
            path: {
                event_id: components["parameters"]["path.event_id"];
                pairing_id: components["parameters"]["path.pairing_id"];
                track: components["parameters"]["path.track"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    withdraw_event: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                event_id: components["parameters"]["path.event_id"];
                pairing_id: components["parameters"]["path.pairing_id"];
                track: components["parameters"]["path.track"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["app__alliances__track_schemas__WithdrawIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_events: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
                track: components["parameters"]["path.track"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    hand_in_evidence: {
        parameters: {
            query: {
                /** @description What it is called. */
                name: components["parameters"]["query.name"];
            };
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        requestBody: {
            content: {
                "application/pdf": string;
                "image/jpeg": string;
                "image/png": string;
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["EvidenceOut"];
                };
            };
            400: components["responses"]["file-empty"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            415: components["responses"]["file-type-refused"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_history: {
        parameters: {
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_pairing_lessons: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description The first day. */
                from?: string | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Which this school gave, passed on or received. */
                school_id?: string | null;
                /** @description The last day. */
                to?: string | null;
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_TaughtOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_pairing_lessons: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description The first day. */
                from?: string | null;
                /** @description Which this school gave, passed on or received. */
                school_id?: string | null;
                /** @description The last day. */
                to?: string | null;
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    move_pairing: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MoveIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["PairingOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["agreement-missing.already-agreed.not-a-member.pairing-incomplete.school-not-open.still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    read_tracks: {
        parameters: {
            query?: {
                /** @description The first day. */
                from?: string | null;
                /** @description The last day. */
                to?: string | null;
            };
            path: {
                pairing_id: components["parameters"]["path.pairing_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TracksOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_pairings: {
        parameters: {
            query?: {
                /** @description Of this alliance. */
                alliance_id?: components["parameters"]["query.alliance_id"];
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Of this kind. */
                kind?: components["schemas"]["PairingKind"] | null;
                /** @description Words of the name. */
                q?: string;
                /** @description With this school. */
                school_id?: string | null;
                /** @description In this state. */
                state?: components["schemas"]["PairingState"] | null;
                /** @description In this subject, by its code. */
                subject?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_people: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                q?: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_PersonItem_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_plannings: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Of this term. */
                term_id?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_PlanningCard_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    ask_for_plan: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanningIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["PlanningOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["cannot-plan.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_planning: {
        parameters: {
            path: {
                planning_id: components["parameters"]["path.planning_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["PlanningOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    accept_plan: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                planning_id: components["parameters"]["path.planning_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanAcceptIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["PlanningOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["no-such-plan.not-found"];
            409: components["responses"]["lesson-clash.still-running.wrong-state"];
            412: components["responses"]["plan-outdated"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_plannings: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Of this term. */
                term_id?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_plannable_offerings: {
        parameters: {
            query: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                term_id: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_PlannedOfferingOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    take_download: {
        parameters: {
            query: {
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
            };
            path: {
                form: components["parameters"]["path.form"];
                recording_id: components["parameters"]["path.recording_id"];
            };
        };
        responses: {
            /** @description The file. */
            200: {
                content: {
                    "audio/mp4": string;
                    "video/mp4": string;
                };
            };
            /** @description The range that was asked for. */
            206: {
                content: {
                    "audio/mp4": string;
                    "video/mp4": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["link-refused"];
            404: components["responses"]["clip-file-missing.not-found"];
            416: components["responses"]["range-not-satisfiable"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["kept-elsewhere.unavailable"];
        };
    };
    filling: {
        parameters: {
            query: {
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
            };
            path: {
                filler_file: string;
                recording_id: components["parameters"]["path.recording_id"];
            };
        };
        responses: {
            /** @description Black or silence. */
            200: {
                content: {
                    "video/mp4": string;
                };
            };
            403: components["responses"]["link-refused"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    captions_segment: {
        parameters: {
            query: {
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
                viewer: components["parameters"]["query.viewer"];
            };
            path: {
                captions_id: components["parameters"]["path.captions_id"];
                group: components["parameters"]["path.group"];
                number: number;
                recording_id: components["parameters"]["path.recording_id"];
                seat_id: components["parameters"]["path.seat_id"];
            };
        };
        responses: {
            /** @description The captions of a stretch. */
            200: {
                content: {
                    "text/vtt": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["link-refused"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-damaged"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    captions_playlist: {
        parameters: {
            query: {
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
                viewer: components["parameters"]["query.viewer"];
            };
            path: {
                captions_id: components["parameters"]["path.captions_id"];
                group: components["parameters"]["path.group"];
                recording_id: components["parameters"]["path.recording_id"];
                seat_id: components["parameters"]["path.seat_id"];
            };
        };
        responses: {
            /** @description The captions in segments. */
            200: {
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["link-refused"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-damaged"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    master: {
        parameters: {
            query: {
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
                viewer: components["parameters"]["query.viewer"];
            };
            path: {
                group: components["parameters"]["path.group"];
                recording_id: components["parameters"]["path.recording_id"];
                seat_id: components["parameters"]["path.seat_id"];
            };
        };
        responses: {
            /** @description The picture and its sound. */
            200: {
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["link-refused"];
            404: components["responses"]["not-found"];
            409: components["responses"]["not-in-hls.recording-damaged"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    media: {
        parameters: {
            query: {
                filled?: boolean;
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
                viewer: components["parameters"]["query.viewer"];
            };
            path: {
                recording_id: components["parameters"]["path.recording_id"];
                seat_id: components["parameters"]["path.seat_id"];
                source: string;
            };
        };
        responses: {
            /** @description The parts of one track. */
            200: {
                content: {
                    "application/vnd.apple.mpegurl": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["link-refused"];
            404: components["responses"]["not-found"];
            409: components["responses"]["not-in-hls.recording-damaged"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    watch_light: {
        parameters: {
            query: {
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
            };
            path: {
                form: "SMALL" | "SOUND";
                recording_id: components["parameters"]["path.recording_id"];
            };
        };
        responses: {
            /** @description The file. */
            200: {
                content: {
                    "audio/mp4": string;
                    "video/mp4": string;
                };
            };
            /** @description The range that was asked for. */
            206: {
                content: {
                    "audio/mp4": string;
                    "video/mp4": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["link-refused"];
            404: components["responses"]["clip-file-missing.not-found"];
            416: components["responses"]["range-not-satisfiable"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["kept-elsewhere.unavailable"];
        };
    };
    part: {
        parameters: {
            query: {
                key: components["parameters"]["query.key"];
                until: components["parameters"]["query.until"];
                viewer: components["parameters"]["query.viewer"];
            };
            path: {
                file: string;
                recording_id: components["parameters"]["path.recording_id"];
            };
        };
        responses: {
            /** @description The part. */
            200: {
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The range that was asked for. */
            206: {
                content: {
                    "video/mp4": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["link-refused"];
            404: components["responses"]["clip-file-missing.not-found"];
            409: components["responses"]["recording-damaged"];
            416: components["responses"]["range-not-satisfiable"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["kept-elsewhere.unavailable"];
        };
    };
    read_captions: {
        parameters: {
            path: {
                captions_id: components["parameters"]["path.captions_id"];
            };
        };
        responses: {
            /** @description The captions, on the clock of the lesson. */
            200: {
                content: {
                    "text/vtt": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    replace_captions: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                captions_id: components["parameters"]["path.captions_id"];
            };
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["Body_replace_captions"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["CaptionsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["captions-there.recording-held.recording-not-ready"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["captions-refused.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    remove_captions: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                captions_id: components["parameters"]["path.captions_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-held.recording-not-ready"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    clip: {
        parameters: {
            path: {
                clip_id: string;
            };
        };
        responses: {
            /** @description The clip. */
            200: {
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The range that was asked for. */
            206: {
                content: {
                    "video/mp4": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["clip-file-missing.not-found"];
            416: components["responses"]["range-not-satisfiable"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["kept-elsewhere.unavailable"];
        };
    };
    list_published: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from?: string | null;
                grade?: components["parameters"]["query.grade"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                q?: components["parameters"]["query.q"];
                school_id?: components["parameters"]["query.school_id"];
                subject?: string | null;
                to?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_PublishedOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_published: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from?: string | null;
                grade?: components["parameters"]["query.grade"];
                q?: components["parameters"]["query.q"];
                school_id?: components["parameters"]["query.school_id"];
                subject?: string | null;
                to?: string | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    correct_region_label: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                region_label_id: string;
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegionLabelIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["RegionLabelOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input.wrong-day"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    list_regions: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                parent_id?: components["parameters"]["query.parent_id"];
                q?: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_RegionOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_region: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegionIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["RegionOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["bad-region-code.idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_region: {
        parameters: {
            path: {
                region_id: components["parameters"]["path.region_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["RegionOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    correct_region: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                region_id: components["parameters"]["path.region_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegionEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["RegionOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.region-code-used"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["bad-region-code.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    label_region: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                region_id: components["parameters"]["path.region_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegionLabelIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["RegionLabelOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input.wrong-day"];
            503: components["responses"]["unavailable"];
        };
    };
    export_regions: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                parent_id?: components["parameters"]["query.parent_id"];
                q?: string;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_corrections: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Words of the region's name, or of what it was or became. */
                q?: string;
                /** @description Only of this. */
                thing?: components["parameters"]["query.thing"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_CorrectionOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_corrections: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Words of the region's name, or of what it was or became. */
                q?: string;
                /** @description Only of this. */
                thing?: components["parameters"]["query.thing"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_grant_changes: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_GrantChangeOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_grant_changes: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_grants: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                in_force?: components["parameters"]["query.in_force"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                q?: string;
                role?: components["schemas"]["Role"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_GrantOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    give_role: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GrantIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["GrantOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden.own-grant"];
            404: components["responses"]["not-found"];
            409: components["responses"]["grant-too-long.still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    end_role: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                grant_id: string;
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GrantEnd"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["GrantOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden.own-grant"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_grants: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                in_force?: components["parameters"]["query.in_force"];
                q?: string;
                role?: components["schemas"]["Role"] | null;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_rosters: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                is_own?: components["parameters"]["query.is_own"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                q?: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_RosterOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    take_roster: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RosterIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["RosterOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input.wrong-day"];
            503: components["responses"]["unavailable"];
        };
    };
    read_roster: {
        parameters: {
            path: {
                roster_id: components["parameters"]["path.roster_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["RosterDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_entries: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Words of the name of point, region or school, or a code's beginning. */
                q?: string;
            };
            path: {
                roster_id: components["parameters"]["path.roster_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_RosterEntryOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_entries: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Words of the name of point, region or school, or a code's beginning. */
                q?: string;
            };
            path: {
                roster_id: components["parameters"]["path.roster_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_signed: {
        parameters: {
            path: {
                roster_id: components["parameters"]["path.roster_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SignedRoster"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_rosters: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                is_own?: components["parameters"]["query.is_own"];
                q?: string;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_classes: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                grade_no?: number | null;
                is_open?: components["parameters"]["query.is_open"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                school_id?: components["parameters"]["query.school_id"];
                stage?: components["parameters"]["query.stage"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_SchoolClassOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_class: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SchoolClassIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["SchoolClassOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_class: {
        parameters: {
            path: {
                class_id: components["parameters"]["path.class_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SchoolClassOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    edit_class: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                class_id: components["parameters"]["path.class_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SchoolClassEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SchoolClassOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_classes: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                grade_no?: number | null;
                is_open?: components["parameters"]["query.is_open"];
                school_id?: components["parameters"]["query.school_id"];
                stage?: components["parameters"]["query.stage"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_schools: {
        parameters: {
            query?: {
                category?: components["parameters"]["query.category"];
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                is_open?: components["parameters"]["query.is_open"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                parent_id?: components["parameters"]["query.parent_id"];
                q?: string;
                region_id?: components["parameters"]["query.region_id"];
                urban_rural?: components["parameters"]["query.urban_rural"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_SchoolItem_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    register_school: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SchoolIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["SchoolDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.school-code-taken.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input.school-code-malformed.wrong-day.wrong-parent"];
            503: components["responses"]["unavailable"];
        };
    };
    read_school: {
        parameters: {
            path: {
                school_id: components["parameters"]["path.school_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SchoolDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    edit_school: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                school_id: components["parameters"]["path.school_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SchoolEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SchoolDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.school-code-taken.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input.school-code-malformed.wrong-parent"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    change_category: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                school_id: components["parameters"]["path.school_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CategoryIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SchoolDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input.wrong-day.wrong-parent"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    close_school: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                school_id: components["parameters"]["path.school_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OnDay"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SchoolDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input.wrong-day"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    list_school_days: {
        parameters: {
            query: {
                /** @description The first day. */
                from: string;
                /** @description The last day. */
                to: string;
            };
            path: {
                school_id: components["parameters"]["path.school_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SchoolDays"];
                };
            };
            400: components["responses"]["too-many-days"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    reopen_school: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                school_id: components["parameters"]["path.school_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OnDay"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SchoolDetail"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input.wrong-day.wrong-parent"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    list_teachers: {
        parameters: {
            path: {
                school_id: components["parameters"]["path.school_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Named"][];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_schools: {
        parameters: {
            query?: {
                category?: components["parameters"]["query.category"];
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                is_open?: components["parameters"]["query.is_open"];
                parent_id?: components["parameters"]["query.parent_id"];
                q?: string;
                region_id?: components["parameters"]["query.region_id"];
                urban_rural?: components["parameters"]["query.urban_rural"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_captions: {
        parameters: {
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["CaptionsListOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_captions: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["Body_add_captions"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["CaptionsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["captions-there.recording-not-ready.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["captions-refused.code-unknown.idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_downloads: {
        parameters: {
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["DownloadsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    make_download: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                form: components["parameters"]["path.form"];
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["DownloadsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-not-ready.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_micro_lessons: {
        parameters: {
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["MicroLessonsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            409: components["responses"]["consent-taken-back.recording-not-ready"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    save_micro_lesson: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MicroLessonIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["MicroLessonOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-not-ready.replay-being-made-again.still-running.too-many-micro-lessons"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input.marks-outside.marks-reversed.piece-too-short.title-missing.title-too-long"];
            503: components["responses"]["unavailable"];
        };
    };
    replay: {
        parameters: {
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["ReplayOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            409: components["responses"]["consent-taken-back.recording-not-ready"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_light: {
        parameters: {
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["DownloadsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            409: components["responses"]["consent-taken-back"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    make_light: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
            path: {
                form: "SMALL" | "SOUND";
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                content: {
                    "application/json": components["schemas"]["DownloadsOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["consent-taken-back.recording-not-ready.still-running"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    timeshift: {
        parameters: {
            path: {
                session_id: components["parameters"]["path.session_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TimeshiftOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            404: components["responses"]["not-found"];
            409: components["responses"]["recording-damaged"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_shared_windows: {
        parameters: {
            query: {
                date: string;
                least_minutes?: number;
                /** @description A school. */
                one: string;
                /** @description Another school. */
                other: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["SharedWindows"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    sign_in: {
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: components["responses"]["not-signed-in.sign-in-refused"];
            403: components["responses"]["csrf-refused"];
            422: components["responses"]["malformed-input"];
            429: components["responses"]["sign-in-locked.too-many-requests"];
            503: components["responses"]["unavailable"];
        };
    };
    sign_out: {
        responses: {
            /** @description Successful Response */
            204: {};
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            503: components["responses"]["unavailable"];
        };
    };
    list_staff: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                kind?: components["schemas"]["PostKind"] | null;
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                q?: string;
                school_id?: components["parameters"]["query.school_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_StaffPostOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_staff_post: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StaffPostIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["StaffPostOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.still-running.wrong-state"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["code-unknown.idempotency-key-reused.malformed-input.wrong-day"];
            503: components["responses"]["unavailable"];
        };
    };
    read_staff_post: {
        parameters: {
            path: {
                post_id: components["parameters"]["path.post_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["StaffPostOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    edit_staff_post: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                post_id: components["parameters"]["path.post_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StaffPostEdit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["StaffPostOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["name-taken.wrong-state"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["code-unknown.malformed-input.wrong-day"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    export_staff: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                kind?: components["schemas"]["PostKind"] | null;
                q?: string;
                school_id?: components["parameters"]["query.school_id"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    teacher_lessons: {
        parameters: {
            query?: {
                date?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TeacherDay"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_own_hours: {
        parameters: {
            query: {
                from: components["parameters"]["query.from"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["OwnHours"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_own_lessons: {
        parameters: {
            query: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                from: components["parameters"]["query.from"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description As what they served. Left out: as either. */
                role?: components["parameters"]["query.role"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_GivenLesson_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_own_lessons: {
        parameters: {
            query: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                from: components["parameters"]["query.from"];
                /** @description As what they served. Left out: as either. */
                role?: components["parameters"]["query.role"];
                to: components["parameters"]["query.to"];
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    list_terms: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                /** @description Words of the term's or its region's name. */
                q?: string;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["Page_TermOut_"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    add_term: {
        parameters: {
            header?: {
                /** @description A word of the caller's choice, new for each thing to be made. The same request sent again with it is given the first one's answer and makes nothing. The same is of one method, address, body and `If-Match`: a step that is taken from another version is another, and needs another key. */
                "idempotency-key"?: components["parameters"]["header.idempotency-key"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TermIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                content: {
                    "application/json": components["schemas"]["TermOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["still-running.term-overlaps"];
            413: components["responses"]["file-too-large"];
            422: components["responses"]["idempotency-key-reused.malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    read_term: {
        parameters: {
            path: {
                term_id: components["parameters"]["path.term_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TermOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    change_term: {
        parameters: {
            header?: {
                /** @description The `ETag` of what is edited, as it was read. */
                "if-match"?: components["parameters"]["header.if-match"];
            };
            path: {
                term_id: components["parameters"]["path.term_id"];
            };
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TermIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TermOut"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["csrf-refused.forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["term-overlaps"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["malformed-input"];
            428: components["responses"]["precondition-required"];
            503: components["responses"]["unavailable"];
        };
    };
    list_weeks: {
        parameters: {
            path: {
                term_id: components["parameters"]["path.term_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["WeekList"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    export_terms: {
        parameters: {
            query?: {
                /** @description The kind of file. */
                format?: components["parameters"]["query.format"];
                /** @description Words of the term's or its region's name. */
                q?: string;
            };
        };
        responses: {
            /** @description The whole list as a file. */
            200: {
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    week_of_classroom: {
        parameters: {
            query?: {
                /** @description A day of the week wanted; without it, today's. */
                date?: components["parameters"]["query.date"];
            };
            path: {
                classroom_id: components["parameters"]["path.classroom_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TimetableWeek"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    week_of_county: {
        parameters: {
            query?: {
                by?: components["schemas"]["WeekBy"];
                /** @description `next_cursor` of the page before; without it, the first page. */
                cursor?: components["parameters"]["query.cursor"];
                /** @description A day of the week wanted; without it, today's. */
                date?: components["parameters"]["query.date"];
                kind?: components["parameters"]["query.kind"];
                /** @description How many items a page has at most. */
                limit?: components["parameters"]["query.limit"];
                q?: components["parameters"]["query.q"];
                /** @description The hub, or a site's school. */
                school_id?: string | null;
                state?: components["schemas"]["LessonState"] | null;
                /** @description The subject's word. */
                subject?: string | null;
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["CountyWeek"];
                };
            };
            400: components["responses"]["bad-cursor"];
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    my_week: {
        parameters: {
            query?: {
                /** @description A day of the week wanted; without it, today's. */
                date?: components["parameters"]["query.date"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TimetableWeek"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
    week_of_school: {
        parameters: {
            query?: {
                /** @description A day of the week wanted; without it, today's. */
                date?: components["parameters"]["query.date"];
            };
            path: {
                school_id: components["parameters"]["path.school_id"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                content: {
                    "application/json": components["schemas"]["TimetableWeek"];
                };
            };
            401: components["responses"]["not-signed-in"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            422: components["responses"]["malformed-input"];
            503: components["responses"]["unavailable"];
        };
    };
}
